"""The words of bAbI, by what they stand for: `CLOSED["house"]` are the rooms of most tasks.

A class maps words as sentences write them to what they mean, so that "Wolves" and "wolf" are one animal:

    CLOSED["animals"]["wolves"]   # "wolf"

Where all words of a class mean themselves, the order is that of the tables in the tasks' definition (Weston et al.
2015); words and shares are read off the official v1.2 files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from babilong.tasks import HOUSE, OBJECTS, TOWN

WordClass = Mapping[str, str]
Lexicon = Mapping[str, WordClass]

HOUSE_PEOPLE = ("Daniel", "John", "Mary", "Sandra")
GIVING_PEOPLE = ("Bill", "Fred", "Jeff", "Mary")
TOWN_PEOPLE = ("Bill", "Fred", "Julie", "Mary")
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
PRONOUN = {"John": "he", "Daniel": "he", "Mary": "she", "Sandra": "she"}
TIMES = ("yesterday", "this morning", "this afternoon", "this evening")
RELATIONS = ("to the left of", "to the right of", "above", "below")
STEPS = {  # where a thing lies that is said to be there, on a map with x to the right and y up
    "north": (0, 1),
    "south": (0, -1),
    "east": (1, 0),
    "west": (-1, 0),
    "to the left of": (-1, 0),
    "to the right of": (1, 0),
    "above": (0, 1),
    "below": (0, -1),
}
ANIMALS = ("wolf", "mouse", "cat", "sheep")
KINDS = ("frog", "lion", "rhino", "swan")
COLOURS = ("gray", "green", "white", "yellow")
SHAPES = ("blue square", "pink rectangle", "red sphere", "red square", "triangle", "yellow square")
WANTS = {  # where a motive leads, and what is got there
    "bored": ("garden", "football"),
    "hungry": ("kitchen", "apple"),
    "thirsty": ("kitchen", "milk"),
    "tired": ("bedroom", "pajamas"),
}
MOTIVE_ROOMS = ("bedroom", "garden", "kitchen")
MOTIVE_PEOPLE = ("Antoine", "Jason", "Sumit", "Yann")
FEARING_PEOPLE = ("Emily", "Gertrude", "Jessica", "Winona")
COLOURED_PEOPLE = ("Bernhard", "Brian", "Greg", "Julius", "Lily")


def plain(words: Iterable[str]) -> WordClass:
    """A class whose words mean themselves."""
    return {word: word for word in words}


def _small(words: Iterable[str]) -> WordClass:
    return {word.lower(): word for word in words}


CLOSED: Lexicon = {
    # people
    "house people": plain(HOUSE_PEOPLE),
    "giving people": plain(GIVING_PEOPLE),
    "town people": plain(TOWN_PEOPLE),
    "fearing people": plain(FEARING_PEOPLE),
    "fearing people, small": _small(FEARING_PEOPLE),
    "coloured people": plain(COLOURED_PEOPLE),
    "motive people": plain(MOTIVE_PEOPLE),
    "motive people, small": _small(MOTIVE_PEOPLE),
    "he or she": plain(("he", "she")),
    # places and things
    "house": plain(HOUSE),
    "town": plain(TOWN),
    "motive rooms": plain(MOTIVE_ROOMS),
    "objects": plain(OBJECTS),
    "motive objects": plain((*OBJECTS, "pajamas")),
    "boxes": plain(("box", "box of chocolates", "chest", "chocolate", "container", "suitcase")),
    "shapes": plain(SHAPES),
    "animals": plain(ANIMALS),
    "animals, many": {"wolves": "wolf", "mice": "mouse", "cats": "cat", "sheep": "sheep"},
    "kinds": plain(KINDS),
    # what is said of them
    "colours": plain(COLOURS),
    "motives": plain(WANTS),
    "directions": plain(OPPOSITE),
    "relations": plain(RELATIONS),
    "times": plain(TIMES),
    # ways to say one thing, each as likely as the others
    "move": plain(("went to", "went back to", "journeyed to", "travelled to", "moved to")),
    "get": plain(("got", "took", "grabbed", "picked up")),
    "drop": plain(("dropped", "discarded", "left", "put down")),
    "give": plain(("gave", "passed", "handed")),
    "link": plain(("After that", "Afterwards", "Following that", "Then")),
}
