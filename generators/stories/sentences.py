"""The sentences of the twenty tasks as tables: forms of facts and of questions.

Read off the official v1.2 files of Weston et al. 2015 (their section 3 and appendix describe the tasks).
"""

from __future__ import annotations

from generators.stories.forms import Form

Forms = tuple[Form, ...]


def _move(people: str, places: str = "house") -> Form:
    return Form("move", ("{actor} {verb} the {what}.",), {"actor": people, "verb": "move", "what": places})


def _carrying(people: str, get_there: float = 1.0) -> Forms:
    return (
        _move(people),
        Form(
            "get",
            ("{actor} {verb} the {what}{there}.",),
            {"actor": people, "verb": "get", "what": "objects"},
            there=get_there,
        ),
        Form(
            "drop",
            ("{actor} {verb} the {what}{there}.",),
            {"actor": people, "verb": "drop", "what": "objects"},
            there=0.2,
        ),
    )


def _giving(people: str) -> Forms:
    slots = {"actor": people, "verb": "give", "what": "objects", "other": people}
    return (*_carrying(people), Form("give", ("{actor} {verb} the {what} to {other}.",), slots))


def _is_in(people: str, places: str) -> Form:
    return Form("in", ("{actor} is in the {what}.",), {"actor": people, "what": places})


def _asks_in(people: str, places: str) -> Form:
    return Form("in", ("Is {actor} in the {what}?",), {"actor": people, "what": places})


_WHERE = Form("where", ("Where is {actor}?",), {"actor": "house people"})
_COMPANY = Form(
    "move",
    ("{actor} and {other} {verb} the {what}.",),
    {"actor": "house people", "other": "house people", "verb": "move", "what": "house"},
)
_BESIDE = Form(
    "beside",
    ("The {what} is {relation} of the {other}.",),
    {"what": "house", "relation": "directions", "other": "house"},
)
_BOXES = {"what": "boxes", "other": "boxes"}
_SHAPES = {"what": "shapes", "relation": "relations", "other": "shapes"}
_MOTIVE = {"actor": "motive people"}
_MOTIVE_ASKED = {"actor": "motive people, small"}

FACTS: dict[str, Forms] = {
    "qa1": (_move("house people"),),
    "qa2": _carrying("house people"),
    "qa3": _carrying("house people", get_there=0.2),
    "qa4": (_BESIDE,),
    "qa5": _giving("giving people"),
    "qa6": _carrying("house people"),
    "qa7": _giving("house people"),
    "qa8": _carrying("house people"),
    "qa9": (
        _move("house people"),
        _is_in("house people", "house"),
        Form(
            "not in",
            ("{actor} is not in the {what}.", "{actor} is no longer in the {what}."),
            {"actor": "house people", "what": "house"},
        ),
    ),
    "qa10": (
        _move("town people", "town"),
        _is_in("town people", "town"),
        Form(
            "either",
            ("{actor} is either in the {what} or the {other}.",),
            {"actor": "town people", "what": "town", "other": "town"},
        ),
    ),
    "qa11": (
        _move("house people"),
        Form(
            "then",
            ("{link} {actor} {verb} the {what}.",),
            {"link": "link", "actor": "he or she", "verb": "move", "what": "house"},
        ),
    ),
    "qa12": (_COMPANY,),
    "qa13": (
        _COMPANY,
        Form("then", ("{link} they {verb} the {what}.",), {"link": "link", "verb": "move", "what": "house"}),
    ),
    "qa14": (
        Form(
            "move",
            ("{when} {actor} {verb} the {what}.", "{actor} {verb} the {what} {when}."),
            {"when": "times", "actor": "town people", "verb": "move", "what": "town"},
        ),
    ),
    "qa15": (
        Form("is a", ("{actor} is a {what}.",), {"actor": "fearing people", "what": "animals"}),
        Form("fear", ("{what} are afraid of {other}.",), {"what": "animals, many", "other": "animals, many"}),
    ),
    "qa16": (
        Form("is a", ("{actor} is a {what}.",), {"actor": "coloured people", "what": "kinds"}),
        Form("is", ("{actor} is {what}.",), {"actor": "coloured people", "what": "colours"}),
    ),
    "qa17": (Form("lies", ("The {what} is {relation} the {other}.",), _SHAPES),),
    "qa18": (
        Form("bigger", ("The {what} is bigger than the {other}.", "The {other} fits inside the {what}."), _BOXES),
    ),
    "qa19": (_BESIDE,),
    "qa20": (
        Form("feels", ("{actor} is {what}.",), _MOTIVE | {"what": "motives"}),
        Form("move", ("{actor} {verb} the {what}.",), _MOTIVE | {"verb": "move", "what": "motive rooms"}),
        Form("get", ("{actor} {verb} the {what} there.",), _MOTIVE | {"verb": "get", "what": "motive objects"}),
    ),
}

QUESTIONS: dict[str, Forms] = {
    "qa1": (_WHERE,),
    "qa2": (Form("where", ("Where is the {what}?",), {"what": "objects"}),),
    "qa3": (Form("before", ("Where was the {what} before the {other}?",), {"what": "objects", "other": "house"}),),
    "qa4": (
        Form("stated", ("What is {relation} of the {other}?",), {"relation": "directions", "other": "house"}),
        Form("inverse", ("What is the {other} {relation} of?",), {"relation": "directions", "other": "house"}),
    ),
    "qa5": (
        Form(
            "what",
            ("What did {actor} give to {other}?",),
            {"actor": "giving people", "other": "giving people"},
            asks="what",
            weight=2,
        ),
        Form("gave", ("Who gave the {what}?",), {"what": "objects"}, asks="actor"),
        Form(
            "gave to",
            ("Who gave the {what} to {other}?",),
            {"what": "objects", "other": "giving people"},
            asks="actor",
        ),
        Form("received", ("Who received the {what}?",), {"what": "objects"}, asks="other"),
        Form(
            "to whom",
            ("Who did {actor} give the {what} to?",),
            {"actor": "giving people", "what": "objects"},
            asks="other",
        ),
    ),
    "qa6": (_asks_in("house people", "house"),),
    "qa7": (Form("how many", ("How many objects is {actor} carrying?",), {"actor": "house people"}),),
    "qa8": (Form("what", ("What is {actor} carrying?",), {"actor": "house people"}),),
    "qa9": (_asks_in("house people", "house"),),
    "qa10": (_asks_in("town people", "town"),),
    "qa11": (_WHERE,),
    "qa12": (_WHERE,),
    "qa13": (_WHERE,),
    "qa14": (Form("before", ("Where was {actor} before the {what}?",), {"actor": "town people", "what": "town"}),),
    "qa15": (Form("fears", ("What is {actor} afraid of?",), {"actor": "fearing people, small"}),),
    "qa16": (Form("colour", ("What color is {actor}?",), {"actor": "coloured people"}),),
    "qa17": (Form("lies", ("Is the {what} {relation} the {other}?",), _SHAPES),),
    "qa18": (
        Form("bigger", ("Is the {what} bigger than the {other}?", "Does the {other} fit in the {what}?"), _BOXES),
    ),
    "qa19": (Form("way", ("How do you go from the {what} to the {other}?",), {"what": "house", "other": "house"}),),
    "qa20": (
        Form("will go", ("Where will {actor} go?",), _MOTIVE_ASKED),
        Form("why go", ("Why did {actor} go to the {what}?",), _MOTIVE_ASKED | {"what": "motive rooms"}),
        Form("why get", ("Why did {actor} get the {what}?",), _MOTIVE_ASKED | {"what": "motive objects"}),
    ),
}
