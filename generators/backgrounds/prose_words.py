"""The words of a volume: every list in all its forms, in an order of preference of the volume's own.

Example::

    lexicons = ranked(Stream("example"))
    lexicons["vt.d"]  # past tenses; the volume's favourites stand there many times, a rare word once
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import itemgetter

from generators.backgrounds import prose_forms as forms
from generators.backgrounds.prose_tables import WordList, word_lists
from generators.streams import Stream

_FORMS: dict[str, dict[str, Callable[[str], str]]] = {
    "noun": {".s": forms.plural},
    "verb": {".d": forms.past, ".n": forms.participle, ".g": forms.gerund, ".s": forms.third},
}
_NO_NESS = ("nt", "ate", "al", "ic", "ar", "ary", "ory", "ble", "ile", "an", "or", "own", "ek", "che")
# A word of rank r stands there size * _STEEP / (r + _FLAT) times, and at least once.
_STEEP, _FLAT = 8.0, 7
# What a volume coins, "oak-panelled", "wine-merchant" or "Thornwick": the list it joins, and a head, joint and tail.
_COINED = (
    ("tadj", "stuff", "-", "fitted"),
    ("tadj", "size", "-", "madeof"),
    ("tadj", "sky0", "-", "worn"),
    ("wear", "cloth", "-", "garment"),
    ("furn", "part1", "-", "piece"),
    ("part", "part1", "-", "piece2"),
    ("build", "food", "-", "shop"),
    ("land", "land2", "-", "side"),
    ("land", "plant", "-", "walk"),
    ("ladj", "sky0", "-", "worn"),
    ("ladj", "plant", "-", "grown"),
    ("padj", "emo", "-", "stricken"),
    ("padj", "animal", "-", "faced"),
    ("padj", "padj", "-", "looking"),
    ("aadj", "emo", "-", "bred"),
    ("aadj", "virt", "-", "bred"),
    ("person", "stuff", "-", "dealer"),
    ("person", "food", "-", "dealer"),
    ("plant", "land2", "-", "plant"),
    ("trader0", "stuff", "-", "dealer"),
    ("trader0", "food", "-", "dealer"),
    ("pname", "placehead", "", "placetail"),
)
# Their share of what is drawn from the list they join.
_COINED_SHARE = 0.1
# What a volume coins where there is no list to join.
_NAMES = 1_000


@cache
def inflected() -> dict[str, tuple[int, dict[str, list[str]]]]:
    """Each list's number of common words and its forms: `["vt"][1][".d"]` holds past tenses, in the order of `[""]`."""
    lists = dict(word_lists())
    plain = [word for name in ("padj", "aadj") for word in lists[name].words if forms.has_derivatives(word)]
    derived = {
        "ly": [forms.adverb(word) for word in plain],
        "ness": [forms.abstract(word) for word in plain if not word.endswith(_NO_NESS)],
        "er": [forms.comparative(word) for word in lists["short"].words],
        "est": [forms.superlative(word) for word in lists["short"].words],
    }
    participles = map(forms.participle, lists["va"].words)  # "un{va.un}": unregretted, unforeseen
    derived["va.un"] = [word for word in participles if " " not in word and word[:2] not in ("un", "re", "di")]
    lists |= {name: WordList("", tuple(dict.fromkeys(words)), len(words)) for name, words in derived.items()}
    return {
        name: (
            entry.n_common,
            {"": list(entry.words)}
            | {form: [inflect(word) for word in entry.words] for form, inflect in _FORMS.get(entry.kind, {}).items()},
        )
        for name, entry in lists.items()
    }


def ranked(stream: Stream) -> dict[str, tuple[str, ...]]:
    """Every list in this volume's order of preference, a word repeated as often as its rank deserves."""
    lexicons: dict[str, tuple[str, ...]] = {}
    for name, (n_common, columns) in inflected().items():
        size = len(columns[""])
        places = list(range(n_common)) + stream.shuffled(range(n_common, size))
        keys = [(rank + size / 12) * (0.3 + stream.random()) for rank in range(size)]
        order = [places[rank] for rank in sorted(range(size), key=keys.__getitem__)]
        spread: list[int] = []
        for rank, place in enumerate(order):
            spread += [place] * (1 + int(size * _STEEP / (rank + _FLAT)))
        choose = itemgetter(*spread)
        for form, words in columns.items():
            lexicons[name + form] = choose(words)
    for name, coins in coinable().items():
        # A run of a cycle that is the same for all volumes, begun anywhere.
        start = stream.below(len(coins[""]))
        number = int(len(lexicons[name]) * _COINED_SHARE) if name in lexicons else _NAMES
        for form, cycle in coins.items():
            lexicons[name + form] = lexicons.get(name + form, ()) + (cycle + cycle)[start : start + number]
    return lexicons


@cache
def coinable() -> dict[str, dict[str, tuple[str, ...]]]:
    """All that a volume may coin, in one order for all: `["tadj"][""]` holds "oak-panelled"."""
    lists = word_lists()
    pools: dict[str, list[str]] = {}
    for name, first, joint, second in _COINED:
        heads, tails = lists[first].words, lists[second].words
        pools.setdefault(name, []).extend(
            head + joint + tail for head in heads for tail in tails if not set(head + tail) & set(" -")
        )
    table = {}
    for name, words in pools.items():
        words = Stream("coined", name).shuffled(list(dict.fromkeys(words)))
        inflections = _FORMS.get(lists[name].kind, {}) if name in lists else {}
        table[name] = {"": tuple(words)} | {form: tuple(map(inflect, words)) for form, inflect in inflections.items()}
    return table
