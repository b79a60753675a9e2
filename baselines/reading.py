"""How a context and a question become tokens: what a model was trained to read, as data.

Example::

    PUBLISHED.asked(tokenizer, "Where is Mary?")     # the question, then the token that asks for an answer
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from babilong.tokenizers import Tokenizer
from generators.backgrounds.sentences import split_sentences

T = TypeVar("T")

_CHARACTERS = 1 << 17  # that are split into sentences at a time
_SENTENCES = 1_000  # that are encoded at a time


@dataclass(frozen=True, slots=True)
class Convention:
    """What is read.

    Attributes:
        name: what runs call it.
        before: text before the context.
        question: how the question is put, with `{}` where it stands.
        cue: the question is followed by the first token of this word; empty: by nothing.
        sentences: whether every sentence is encoded by itself, with no blank before it, so that words run together
            where two sentences meet; else the context as it stands.
        joined: whether question and answer stand in the last segment of the context, if there is room; else the context
            is read to its end, and the question in a segment of its own.
    """

    name: str
    before: str = ""
    question: str = "{}"
    cue: str = ""
    sentences: bool = False
    joined: bool = False

    def pieces(self, tokenizer: Tokenizer, context: str) -> Iterator[list[int]]:
        """Token ids of a context, piece after piece, in bounded memory."""
        if not self.sentences:
            yield from tokenizer.encode_pieces(context, before=self.before)
            return
        sentences = _sentences(context.strip())
        while batch := list(islice(sentences, _SENTENCES)):
            yield [token for ids in tokenizer.encode_batch(batch) for token in ids]

    def asked(self, tokenizer: Tokenizer, question: str) -> list[int]:
        """Token ids of a question, up to where the answer begins."""
        return tokenizer.encode(self.question.format(question)) + tokenizer.encode(self.cue)[:1]

    def count(self, tokenizer: Tokenizer, context: str, question: str) -> int:
        """Tokens of a context and a question."""
        return sum(map(len, self.pieces(tokenizer, context))) + len(self.asked(tokenizer, question))


# Ours: facts and sentences are learnt with the blank before them.
BARE = Convention("bare", before=" ", question=" {}")

# The released RMT and ARMT on GPT-2 (2406.10149, 2407.04841; their released code).
PUBLISHED = Convention("published", cue="GEN", sentences=True, joined=True)

# The released ARMT on Llama-3.2-Instruct: one turn of its chat, with the default system message of its template.
CHAT = Convention(
    "chat",
    before="<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
    "Today Date: 26 Jul 2024\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
    question=" {}Answer with a single word.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    joined=True,
)


class Pages(Iterator[T]):
    """All but the last of some items, one ahead of them: when it has ended, `last` is the last.

    Of a text they are the segments that are read; the last one is that behind which the answer is written.
    """

    last: T

    def __init__(self, items: Iterable[T]) -> None:
        self._rest = iter(items)
        self._begun = False

    def __next__(self) -> T:
        if not self._begun:
            self.last, self._begun = next(self._rest), True
        page, self.last = self.last, next(self._rest)
        return page


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text of any length, in bounded memory."""
    start, held = 0, ""
    while start < len(text):
        # At a blank, since whether a sentence ends is told by the whole word behind it.
        blank = text.find(" ", start + _CHARACTERS)
        end = blank if blank >= 0 else len(text)
        *whole, held = split_sentences(held + text[start:end])
        yield from whole
        start = end
    if held:
        yield held
