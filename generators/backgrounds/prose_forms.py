"""English word forms: `past("carry")` is "carried", `plural("knife")` is "knives".

Only what the words of `data/words.txt` need. A verb may trail particles: `past("look at")`.
"""

from __future__ import annotations

import re


def words(text: str) -> list[str]:
    """The words of a list in which "_" stands for a blank: "loaf bunch_of_grapes"."""
    return [word.replace("_", " ") for word in text.split()]


_IRREGULAR = """
    take took taken, hold held held, shut shut shut, bring brought brought, find found found, lose lost lost, lay laid
    laid, set set set, throw threw thrown, fling flung flung, catch caught caught, shake shook shaken, break broke
    broken, see saw seen, buy bought bought, sell sold sold, lend lent lent, give gave given, send sent sent, keep
    kept kept, hide hid hidden, steal stole stolen, leave left left, forget forgot forgotten, burn burnt burnt, tear
    tore torn, cut cut cut, bend bent bent, show showed shown, bind bound bound, hang hung hung, strike struck struck,
    upset upset upset, overturn overturned overturned, draw drew drawn, cast cast cast, put put put, pay paid paid,
    meet met met, know knew known, hear heard heard, forgive forgave forgiven, lead led led, write wrote written,
    think thought thought, speak spoke spoken, teach taught taught, feed fed fed, understand understood understood,
    feel felt felt, overcome overcame overcome, foresee foresaw foreseen, foretell foretold foretold, weep wept wept,
    swear swore sworn, sleep slept slept, wake woke woken, rise rose risen, sit sat sat, stand stood stood, dream
    dreamt dreamt, withdraw withdrew withdrawn, sing sang sung, read read read, drink drank drunk, sink sank sunk, go
    went gone, come came come, run ran run, ride rode ridden, drive drove driven, creep crept crept, stride strode
    stridden, slide slid slid, fly flew flown, spring sprang sprung, leap leapt leapt, sweep swept swept, say said
    said, own owned owned, mean meant meant, begin began begun, strive strove striven, seek sought sought, learn
    learnt learnt, undertake undertook undertaken, fall fell fallen, spread spread spread, lie lay lain, beat beat
    beaten, blow blew blown, shine shone shone, be was been, have had had, do did done, make made made, get got got,
    tell told told, hurt hurt hurt, beseech besought besought, forsake forsook forsaken, grow grew grown, dwell dwelt
    dwelt, cling clung clung, wind wound wound, spill spilt spilt, eat ate eaten, wear wore worn, bear bore borne,
    choose chose chosen, become became become, build built built, deal dealt dealt, spend spent spent, win won won,
    wring wrung wrung, shrink shrank shrunk, swim swam swum, bid bade bidden, repay repaid repaid"""
_PARTS = {line.split()[0]: line.split()[1:] for line in _IRREGULAR.split(",")}
# Stressed last syllables, and the English -l, double their consonant.
_DOUBLING = set(
    words(
        """admit prefer permit refer commit occur regret omit submit compel repel rebel control confer infer deter expel
        dispel fulfil travel counsel quarrel marvel grovel quarrel stir blur transfer acquit beget begin upset forget
        set whip patrol excel unwrap"""
    )
)
_CVC = re.compile(r"(?:[^aeiou]|qu)*[aeiou][bdgkmnprt]")
_PLURALS = {
    "knife": "knives",
    "wife": "wives",
    "midwife": "midwives",
    "fishwife": "fishwives",
    "wharf": "wharves",
    "loaf": "loaves",
    "calf": "calves",
    "half": "halves",
    "shelf": "shelves",
    "thief": "thieves",
    "foot": "feet",
    "tooth": "teeth",
    "goose": "geese",
    "ox": "oxen",
    "child": "children",
    "deer": "deer",
    "grouse": "grouse",
    "salmon": "salmon",
    "trout": "trout",
    "crisis": "crises",
    "eaves": "eaves",
    "bellows": "bellows",
}


def _doubled(verb: str) -> str:
    if verb in _DOUBLING or _CVC.fullmatch(verb):
        return verb + verb[-1]
    return verb


def _past(verb: str, column: int) -> str:
    if verb in _PARTS:
        return _PARTS[verb][column]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def _split(verb: str) -> tuple[str, str]:
    head, blank, rest = verb.partition(" ")
    return head, blank + rest


def past(verb: str) -> str:
    """The simple past: "look at" gives "looked at"."""
    head, rest = _split(verb)
    return _past(head, 0) + rest


def participle(verb: str) -> str:
    """The past participle: "take" gives "taken"."""
    head, rest = _split(verb)
    return _past(head, 1) + rest


def gerund(verb: str) -> str:
    """The -ing form: "lie" gives "lying"."""
    head, rest = _split(verb)
    if head.endswith("ie"):
        head = head[:-2] + "y"
    elif head.endswith("e") and not head.endswith(("ee", "oe", "ye")) and head != "be":
        head = head[:-1]
    else:
        head = _doubled(head)
    return head + "ing" + rest


def third(verb: str) -> str:
    """The present of "he": "carry" gives "carries"."""
    head, rest = _split(verb)
    if head == "be":
        return "is" + rest
    return ("has" if head == "have" else _with_s(head)) + rest


def _with_s(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")) or word in {"go", "do", "hero", "potato", "echo"}:
        return word + "es"
    return word + "s"


def plural(noun: str) -> str:
    """The plural: "bunch of grapes" gives "bunches of grapes", "brother-in-law" gives "brothers-in-law"."""
    for joint in (" of ", "-in-", "-of-"):
        if joint in noun:
            head, tail = noun.split(joint, 1)
            return plural(head) + joint + tail
    start, word = re.fullmatch(r"(.*[ -])?(.+)", noun).groups(default="")  # type: ignore[union-attr]
    if word in _PLURALS:
        return start + _PLURALS[word]
    if word.endswith("man") and word not in {"talisman", "ottoman"}:
        return start + word[:-3] + "men"
    return start + _with_s(word)


# Adjectives whose -ly or -ness is not English.
_BARE = set(
    words(
        """old young little good dear short tall stout thin fat ill early late sickly likely lively stately worldly
        lonely lovely manly womanly fatherly brotherly sisterly heavenly earthly untimely sprightly portly silly surly
        deadly elderly middle-aged aged far-off accomplished celebrated bewildered unassuming unsuspecting bearded
        freckled dark-eyed weather-beaten sunburnt lanky toothless friendless penniless great mean domestic public
        private former previous recent additional mortal ultimate own complete very"""
    )
)


def has_derivatives(adjective: str) -> bool:
    """Whether `adverb` and `abstract` make good English of it."""
    return adjective not in _BARE and "-" not in adjective and not adjective.endswith(("ed", "ing", "en", "ly", "like"))


def adverb(adjective: str) -> str:
    """The adverb: "noble" gives "nobly", "angelic" gives "angelically"."""
    if adjective in {"true", "due", "whole"}:
        return adjective[:-1] + "ly" if adjective != "whole" else "wholly"
    if adjective.endswith("le") and adjective[-3] not in "aeiou":
        return adjective[:-1] + "y"
    if adjective.endswith("ll"):
        return adjective + "y"
    if adjective.endswith("y") and adjective not in {"shy", "sly", "dry"}:
        return adjective[:-1] + "ily"
    return adjective + ("ally" if adjective.endswith("ic") and adjective != "public" else "ly")


def abstract(adjective: str) -> str:
    """The noun in -ness: "happy" gives "happiness"."""
    if adjective.endswith("y") and adjective not in {"shy", "sly", "dry"}:
        adjective = adjective[:-1] + "i"
    return adjective + "ness"


def _compared(adjective: str, ending: str) -> str:
    if adjective.endswith("e"):
        return adjective + ending[1:]
    if adjective.endswith("y") and adjective != "shy":
        return adjective[:-1] + "i" + ending
    if _CVC.fullmatch(adjective):
        return adjective + adjective[-1] + ending
    return adjective + ending


def comparative(adjective: str) -> str:
    """The comparative: "sad" gives "sadder"."""
    return _compared(adjective, "er")


def superlative(adjective: str) -> str:
    """The superlative: "early" gives "earliest"."""
    return _compared(adjective, "est")
