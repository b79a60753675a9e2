"""Scores: is an output the right answer? `v2` (ours, the default), `v1` (the published rule) and `exact`.

    score("v2", "qa1", "Mary is in the **Garden**.", "garden", "Where is Mary?")  # True

`v1` is the rule of booydar/babilong `metrics.py` verdict for verdict, flaws included, to compare with published
numbers. `exact` is what the RMT and ARMT papers report. `v2` mends the flaws of `v1`: whole words instead of
substrings, lists and paths as people write them, reasoning, markup and invented further questions left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from babilong.errors import unknown
from babilong.tasks import OBJECTS, Task, get_task

# Other words for a label, in small letters.
_FORMS: Mapping[str, Mapping[str, str]] = {
    "qa7": {"0": "none", "zero": "none", "nothing": "none", "1": "one", "2": "two", "3": "three"},
    "qa8": {"none": "nothing"},
    "qa15": {"wolves": "wolf", "mice": "mouse", "cats": "cat"},
    "qa16": {"grey": "gray"},
}
# What a question may be answered with, by its first word, where a task has answers of several kinds.
_ROOMS = frozenset(("bedroom", "garden", "kitchen"))
_KINDS: Mapping[str, Mapping[str, Callable[[str], bool]]] = {
    "qa5": {"who": str.istitle, "what": str.islower},
    "qa20": {"where": _ROOMS.__contains__, "why": lambda label: label not in _ROOMS},
}
# "Bill gave the milk to Mary" answers who gave and who received; which of the two a question asks for, qa5 alone needs.
_GIVER = re.compile(
    r"\bfrom (\w+)|\b(?:given|handed|passed) by (\w+)|\b(\w+) (?:has |had )?(?:gave|given|handed|passed)\b"
)
_RECEIVER = re.compile(r"\bto (\w+)|\b(?:received|taken) by (\w+)|\b(\w+) (?:has |had )?(?:received|got|was given)\b")

# Outputs may be long and odd: no pattern here may take quadratic time, so none scans on from every start.
_REASONING = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.I)
_OPENED = re.compile(r"<(?:think|thinking|thought|reasoning)>(?=\s*\Z)", re.I)
_NEXT_SAMPLE = re.compile(
    r"(?i:</?context>|<example>)|\b(?:Question|Context) ?\d* ?:|(?im:^[^\w\n]*(?:question|context) ?\d* ?:)"
)
_REPEATED = re.compile(r"\A\W*(?:question|context)\s*:.*?(?=\banswer\s*:|\Z)", re.I | re.S)
_MARKUP = re.compile(r"</?\w+>|<\|\w+\|>|[*_`\"“”#>]+")
# The options of a multiple choice are one answer: all of them.
_OPTION = re.compile(r"\n\(?[b-f][).:]+\s")
_BULLET = re.compile(r"\n(?:[-•+]|\d+[.)])\s+")
_SENTENCE_END = re.compile(r"[.!?]+(?=\D|$)|\n")
_NOTHING = re.compile(r"(?:\bnot|n['’]t)(?: \w+)? any(?:thing| objects?| items?)\b|\bno (?:objects?|items?|things?)\b")
# "Two objects: one apple and one milk": the parts of a count, unless nothing else is counted.
_SINGLE = re.compile(rf"\b(?:one|1) (?=(?:{'|'.join(OBJECTS)})\b)")
# The "no" and "one" of these are no answers.
_IDIOM = re.compile(
    r"\bno (?:one|longer|doubt|idea|way|such|more|other|clear|direct|specific|explicit|further"
    r"|information|mention|evidence|indication|record|context|facts?|answer)\b"
)
_STEPS = {"north": "n", "south": "s", "east": "e", "west": "w"}
_STEP = re.compile(r"(?<![\w.'’])(?:([nsew])(?![\w'’])|(north|south|east|west)(?:ward|wards)?(?!\w))")
_RELATION = re.compile(r"\b(?:is|lies) (?:directly )?(?:to the )?(?:north|south|east|west) of\b")


def score(name: str, task: str, output: str, target: str, question: str, labels: tuple[str, ...] = ()) -> bool:
    """Whether an output is right.

    Args:
        name: the score, one of `SCORES`.
        task: `qa1` to `qa20`.
        output: the raw output of the model.
        target: the right answer, as in the dataset.
        question: the question, as in the dataset.
        labels: every possible answer, where the sample has its own (open vocabulary, distractors); else the task's.

    Raises:
        UsageError: no such score or task.
    """
    if name not in _SCORES:
        raise unknown("score", name, SCORES)
    known = get_task(task)
    return _SCORES[name](replace(known, labels=labels) if labels else known, output, target, question)


def opened_reasoning(prompt: str) -> str:
    r"""The tag with which the end of a prompt opens the reasoning, so that the output has its closing tag alone; or "".

    Example:
        >>> opened_reasoning("Where is Mary?<|assistant|><think>\n")
        '<think>'
    """
    return "".join(_OPENED.findall(prompt))


def _exact(task: Task, output: str, target: str, question: str) -> bool:
    """Normalised exact match, as "Needles in the Haystack with 11M" and the ARMT paper score generated answers."""
    return _plain(output) == _plain(target)


def _plain(text: str) -> str:
    return text.strip().lower().removesuffix(".").rstrip()


def _v1(task: Task, output: str, target: str, question: str) -> bool:
    """The published rule: the labels in the first sentence, less those in the question, are the target alone."""
    # The reference also cuts at "Question", but after lower-casing, so that it never does.
    text = output.lower().split(".")[0].split("<context>")[0].split("<example>")[0]
    labels = {label.lower() for label in task.labels}
    found = {label for label in labels if label in text} - {label for label in labels if label in question.lower()}
    target = target.lower()
    # Longer than a path such as "n,w": a list of qa8. It may name one thing twice, hence the two comparisons.
    if "," in target and len(target) > 3:
        wanted = target.split(",")
        return found.issuperset(wanted) and len(found) == len(wanted)
    return found == {target}


def _v2(task: Task, output: str, target: str, question: str) -> bool:
    """The first sentence with an answer in it decides, and must hold the target's labels and no others."""
    text = _answer_text(output, question)
    if task.form == "path":
        return _path(text) == _path(target.lower())
    words = _words(task.name, task.labels)
    text = words.column.sub(r"\1, ", _BULLET.sub(", ", text)) if task.form == "list" else _OPTION.sub(", ", text)
    text = words.counted.sub("", text)
    wanted = frozenset(label.strip() for label in target.lower().split(","))
    for sentence in _SENTENCE_END.split(text):
        found = _found(task, words, sentence, wanted, question.lower().strip())
        if found:
            return found == wanted
    return False


_SCORES: Mapping[str, Callable[[Task, str, str, str], bool]] = {"v2": _v2, "v1": _v1, "exact": _exact}
SCORES = ("v2", "v1", "exact")


class _Words(NamedTuple):
    """How the labels of a task may be written."""

    labels: Mapping[str, str]
    pattern: re.Pattern[str]
    denied: re.Pattern[str]
    hedged: re.Pattern[str]
    alone: re.Pattern[str]
    # A number that counts the answers ("1. two") is none itself; only qa7 could take it for one.
    counted: re.Pattern[str]
    # A line of a list that has one thing on each, and nothing else, with another such line after it.
    column: re.Pattern[str]

    def find(self, text: str) -> frozenset[str]:
        return frozenset(self.labels[word] for word in self.pattern.findall(text))

    def count(self, text: str) -> int:
        return len(self.pattern.findall(text))


@lru_cache(maxsize=4096)
def _words(task: str, labels_: tuple[str, ...]) -> _Words:
    own = {label.lower() for label in labels_}
    many = {f"{label}s": label for label in own} if task == "qa15" else {}
    forms = {word: label for word, label in _FORMS.get(task, {}).items() if label in own}
    labels = {label: label for label in sorted(own)} | many | forms
    word = _any_of(labels)
    thing = _any_of(word for word, label in labels.items() if label != "nothing")
    return _Words(
        labels,
        re.compile(word),
        re.compile(rf"(?:\bnot|n['’]t)(?: \w+){{0,2}}? {word}"),
        re.compile(rf"{word}(?:,? or |/)(?:\w+ ){{0,2}}{word}"),
        re.compile(rf"\W*(?:(?:answer|is|in|the|at|to|a)\W+)*{word}\W*"),
        re.compile(rf"(?m)^\d+[.)] +(?={word})"),
        re.compile(rf"(?m)^({thing}),?\n(?={thing}[,.]?$)"),
    )


def _any_of(words: Iterable[str]) -> str:
    """A pattern of any of these as a whole word, the longest that fits."""
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?!\w)"


@lru_cache(maxsize=4096)
def _asked(task: str, labels: tuple[str, ...], question: str) -> frozenset[str]:
    """The labels in a question, which is asked at every length."""
    return _words(task, labels).find(question)


@lru_cache(maxsize=4096)
def _echo(words: tuple[str, ...]) -> re.Pattern[str]:
    """An output that begins with these words of its question."""
    return re.compile(r"\A\W*(?:question\s*:\s*)?" + r"\s+".join(map(re.escape, words)), re.I)


def _answer_text(output: str, question: str) -> str:
    """The output in small letters without reasoning, markup, a repeated question and what comes after the answer."""
    text = _without_reasoning(output)
    words = tuple(question.split())
    # First words are few, so that few outputs need a pattern made for their question.
    text = _echo(words).sub("", text) if words and _echo(words[:1]).match(text) else text
    text = _NEXT_SAMPLE.split(_REPEATED.sub("", text), maxsplit=1)[0]
    lines = (line.strip() for line in _MARKUP.sub(" ", text).lower().splitlines())
    return "\n".join(line for line in lines if line)


def _without_reasoning(output: str) -> str:
    """The output without its reasoning blocks; nothing where one is not ended, for then no answer was reached."""
    if "<" not in output:
        return output
    first, *rest = _REASONING.split(output)
    kept, inside = [first], False
    for slash, text in zip(rest[::2], rest[1::2], strict=True):
        if slash and not inside:
            kept.clear()  # the chat template opened it in the prompt
        inside = not slash
        if not inside:
            kept.append(text)
    return "" if inside else " ".join(kept)


def _found(task: Task, words: _Words, sentence: str, wanted: frozenset[str], question: str) -> frozenset[str]:
    """The answers a sentence gives to the question."""
    denies = "no" in sentence or "'t" in sentence or "’t" in sentence  # what the next patterns need
    if denies:
        sentence = _IDIOM.sub(" ", _NOTHING.sub(" nothing", sentence))
    if task.name == "qa7" and words.find(_SINGLE.sub("", sentence)):
        sentence = _SINGLE.sub("", sentence)
    if denies and "yes" not in words.labels:
        sentence = words.denied.sub(" ", sentence)
    said = words.find(sentence)
    if task.form == "list" and said > {"nothing"}:
        said -= {"nothing"}
    # Labels of the question are said again in an answer ("Mary gave it to Fred"), unless they are offered as one:
    # alone, as one of two, or more often than the question has them ("Before the kitchen it was in the kitchen").
    hedged = frozenset(label for match in words.hedged.findall(sentence) for label in words.find(match))
    found = said - (_asked(task.name, task.labels, question) - hedged - wanted)
    if not found and (words.alone.fullmatch(sentence) or words.count(sentence) > words.count(question)):
        return said
    fits = _KINDS.get(task.name, {}).get(question.partition(" ")[0])
    if fits:
        found &= {label.lower() for label in task.labels if fits(label)} | wanted
    if task.name == "qa5" and question.startswith("who"):
        others = _RECEIVER if question.startswith("who gave") else _GIVER
        found -= {name for match in others.findall(sentence) for name in match}
    return found


def _path(text: str) -> tuple[str, ...]:
    """The directions of the first sentence with several of them, else of all sentences ("Go south. Then east.")."""
    every: tuple[str, ...] = ()
    for sentence in _SENTENCE_END.split(_RELATION.sub(" ", text)):
        steps = tuple(letter or _STEPS[word] for letter, word in _STEP.findall(sentence))
        spelt = tuple(_STEPS[word] for _, word in _STEP.findall(sentence) if word)
        if len(spelt) > 1:  # "south (s), then east (e)"
            return spelt
        if len(steps) > 1:
            return steps
        every += steps
    return every
