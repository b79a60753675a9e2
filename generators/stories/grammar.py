"""Sentences to events and back: simulators write with a language, solvers and the finder of facts read with it.

    facts("qa2").write(Event("get", "Mary", "milk"), stream)   # "Mary took the milk there."
    facts("qa2").read("Mary took the milk there.")             # Event("get", "Mary", "milk")

The forms of sentences stand in `sentences`, the words in `lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache

from babilong.errors import DataError
from generators.stories import sentences
from generators.stories.forms import Event, Form
from generators.stories.lexicon import CLOSED, Lexicon
from generators.streams import Stream


class Language(Mapping[str, Form]):
    """The forms of a task's facts, or of its questions, over a lexicon.

    Args:
        forms: all kinds of sentence.
        lexicon: the words of their slots.
    """

    def __init__(self, forms: tuple[Form, ...], lexicon: Lexicon) -> None:
        self._forms = {form.kind: form for form in forms}
        self._lexicon = lexicon
        self._spelt = {
            name: {means: word for word, means in lexicon[name].items()}
            for form in forms
            for name in form.slots.values()
        }
        self.read = lru_cache(1 << 16)(self._read)

    @cached_property
    def readers(self) -> tuple[Reader, ...]:
        """One for each template; large lexicons take a while to compile, which whoever only writes is spared."""
        return tuple(Reader(form, text, self._lexicon) for form in self._forms.values() for text in form.templates)

    def __getitem__(self, kind: str) -> Form:
        return self._forms[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)

    def write(self, event: Event, stream: Stream) -> str:
        """One of the sentences that say this."""
        form = self._forms[event.kind]
        said = event._asdict()
        words = {
            slot: self._spelt[name][said[slot]] if slot in said else stream.choice(tuple(self._lexicon[name]))
            for slot, name in form.slots.items()
        }
        words["there"] = " there" if form.there and stream.random() < form.there else ""
        template = form.templates[0] if len(form.templates) == 1 else stream.choice(form.templates)
        return _capital(template.format(**words))

    def _read(self, sentence: str) -> Event:
        """What a sentence says.

        Raises:
            DataError: it has none of these forms.
        """
        for reader in self.readers:
            if match := reader.pattern.fullmatch(sentence):
                return reader.event(match)
        raise DataError(f"{sentence!r} is no sentence of this task; it knows {', '.join(self)}.")


class Reader:
    """Reads sentences made from one template.

    Attributes:
        pattern: matches such a sentence; its groups are slots.
        openings: the words with which such a sentence may begin.
    """

    def __init__(self, form: Form, template: str, lexicon: Lexicon) -> None:
        self._kind = form.kind
        self._means: dict[str, dict[str, str]] = {}
        groups = {"there": "(?: there)?" if form.there else ""}
        openings = {template}
        for slot, name in form.slots.items():
            words = dict(lexicon[name])
            if template.startswith(f"{{{slot}}}"):
                words = {_capital(word): means for word, means in words.items()}
                openings = set(words)
            # The longest first: a box of chocolates is no box.
            either = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
            if slot in Event._fields:
                self._means[slot] = words
                groups[slot] = f"(?P<{slot}>{either})"
            else:
                groups[slot] = f"(?:{either})"
        self.openings = frozenset(text.split(" ", 1)[0] for text in openings)
        self.pattern = re.compile(re.sub(r"([.?])", r"\\\1", template).format(**groups))

    def event(self, match: re.Match[str]) -> Event:
        """What a sentence says that `pattern` matched."""
        return Event(self._kind, **{slot: self._means[slot][word] for slot, word in match.groupdict().items()})


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


@cache
def facts(task: str, vocabulary: str = "closed") -> Language:
    """How the facts of a task are told, in the words of a vocabulary."""
    return Language(sentences.FACTS[task], _lexicon(vocabulary))


@cache
def questions(task: str, vocabulary: str = "closed") -> Language:
    """How the questions of a task are asked, in the words of a vocabulary."""
    return Language(sentences.QUESTIONS[task], _lexicon(vocabulary))


def _lexicon(vocabulary: str) -> Lexicon:
    """BAbI's own words (`closed`), those of a split of the open vocabulary (`train`, ...), or all of them (`open`)."""
    if vocabulary == "closed":
        return CLOSED
    from generators.stories.open_words import open_lexicon, whole_lexicon

    return whole_lexicon() if vocabulary == "open" else open_lexicon(vocabulary)
