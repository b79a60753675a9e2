"""Books in which every so often a sentence stands that is nearly a fact, to hide stories in.

    python benchmarks/fact_like.py --books my/books --out decoys
    babilong-generate -t qa1-qa5 -l 0k,4k,16k --background decoys --stories tasks_1-20_v1-2/en-10k --out hard
    babilong-eval --model rmt-gated --data hard

Each names people, places and things of bAbI beside ones that it does not know, or denies what it says; none is a
sentence of bAbI's, so none may change an answer.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from babilong.command import run
from babilong.tasks import HOUSE, OBJECTS
from generators.backgrounds.books import decode, paragraphs, strip_licence
from generators.backgrounds.files import text_files
from generators.backgrounds.sentences import split_sentences
from generators.stories.lexicon import HOUSE_PEOPLE
from generators.stories.open_words import open_list

_EVERY = 20  # sentences of a book for one that is nearly a fact
_FORMS = (
    "{known} went to the {elsewhere}.",
    "{other} went back to the {room}.",
    "{other} journeyed to the {room}.",
    "{known} moved to the {elsewhere}.",
    "{known} never went to the {room}.",
    "{known} picked up the {different} there.",
    "{other} got the {thing} there.",
    "{other} discarded the {thing}.",
    "{known} did not leave the {thing} there.",
    "{other} gave the {thing} to {known}.",
)


def nearly_a_fact(draw: random.Random) -> str:
    """A sentence that is none of bAbI's by a word or two."""
    words = {
        "known": HOUSE_PEOPLE,
        "other": open_list("people", "test"),
        "room": HOUSE,
        "elsewhere": open_list("places", "test"),
        "thing": OBJECTS,
        "different": open_list("objects", "test"),
    }
    return draw.choice(_FORMS).format(**{name: draw.choice(choices) for name, choices in words.items()})


def spiked(text: str, draw: random.Random) -> Iterator[str]:
    """The paragraphs of a book with such sentences in them."""
    count = 0
    for paragraph in paragraphs(text):
        sentences = []
        for sentence in split_sentences(paragraph):
            sentences.append(sentence)
            count += 1
            if count % _EVERY == 0:
                sentences.append(nearly_a_fact(draw))
        yield " ".join(sentences)


def main() -> None:
    """Write the books."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--books", type=Path, required=True, help="folder of .txt files")
    parser.add_argument("--out", type=Path, required=True, help="folder for theirs")
    parser.add_argument("--first", type=int, default=4, help="only the first so many books")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for file in [file for file in text_files(args.books) if file.suffix == ".txt"][: args.first]:
        book = strip_licence(decode(file.read_bytes(), str(file)))
        (args.out / file.name).write_text("\n\n".join(spiked(book, random.Random(file.name))) + "\n", encoding="utf-8")
        print(args.out / file.name)


if __name__ == "__main__":
    run(main)
