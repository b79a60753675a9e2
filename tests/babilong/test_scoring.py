"""Scores: a truth table of hard cases by known flaw (M1-M9), and what holds for every score."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.scoring import SCORES, score
from babilong.tasks import TASKS

QUESTIONS = {
    "qa1": "Where is Mary? ",
    "qa3": "Where was the apple before the kitchen? ",
    "qa4": "What is the bedroom west of?",
    "qa6": "Is Mary in the kitchen? ",
    "qa7": "How many objects is Mary carrying? ",
    "qa8": "What is Mary carrying? ",
    "qa9": "Is Mary in the kitchen? ",
    "qa10": "Is Bill in the park? ",
    "qa15": "What is emily afraid of?",
    "qa16": "What color is Greg?",
    "qa17": "Is the triangle above the red square?",
    "qa19": "How do you go from the kitchen to the garden?",
}

# flaw of the published rule, task, target, output, right?
TABLE = [
    # M1: labels by substring: "one" stands in "none".
    ("M1", "qa7", "none", "none", True),
    ("M1", "qa7", "none", "None.", True),
    ("M1", "qa7", "one", "none", False),
    ("M1", "qa7", "none", "one", False),
    ("M1", "qa7", "two", "Mary is carrying two objects.", True),
    ("M1", "qa7", "two", "2", True),
    ("M1", "qa7", "none", "0", True),
    ("M1", "qa7", "none", "zero", True),
    ("M1", "qa7", "one", "10", False),
    ("M1", "qa7", "none", "Mary is not carrying anything.", True),
    ("M1", "qa7", "none", "She carries no objects.", True),
    ("M1", "qa7", "one", "No one knows. Two.", False),
    ("M1", "qa7", "two", "one or two", False),
    ("M1", "qa7", "two", "Mary is carrying two objects: one apple and one milk.", True),
    ("M1", "qa7", "one", "Mary is carrying one apple.", True),
    # M2: "no" stands in know, not, now, unknown.
    ("M2", "qa6", "no", "I do not know", False),
    ("M2", "qa6", "no", "unknown", False),
    ("M2", "qa6", "no", "There is no information about Mary.", False),
    ("M2", "qa6", "yes", "Yes, I know it", True),
    ("M2", "qa6", "yes", "Yes, there is no doubt.", True),
    ("M2", "qa6", "no", "No, Mary is not in the kitchen.", True),
    ("M2", "qa6", "no", "NO", True),
    ("M2", "qa6", "no", "no, but yes", False),
    ("M2", "qa6", "yes", "yes and no", False),
    ("M2", "qa9", "no", "No, she is no longer there.", True),
    ("M2", "qa10", "maybe", "maybe, it is not certain", True),
    ("M2", "qa10", "maybe", "Maybe. No one can know.", True),
    ("M2", "qa10", "no", "maybe", False),
    ("M2", "qa17", "yes", "Yes, it is now.", True),
    # M3: the split at "Question" never happened.
    ("M3", "qa1", "garden", "garden Question: Where is John? Answer: office", True),
    ("M3", "qa1", "garden", "Question: Where is John?\nAnswer: office\nQuestion: Where is Mary? Answer: garden", False),
    ("M3", "qa1", "garden", "Answer: garden\n\n**Question:** Where is the office?", True),
    ("M3", "qa1", "garden", "garden\n<context>\nJohn went to the office.", True),
    ("M3", "qa1", "garden", "garden <example> office", True),
    ("M3", "qa1", "garden", "Where is Mary? garden", True),
    ("M3", "qa1", "garden", "Question: Where is Mary?\nAnswer: garden", True),
    ("M3", "qa1", "garden", "The answer to the question: garden", True),
    # M4: only what stands before the first full stop was read.
    ("M4", "qa1", "garden", "1. garden", True),
    ("M4", "qa1", "garden", "1. garden\n2. The office was earlier", True),
    ("M4", "qa7", "two", "1. two", True),
    ("M4", "qa7", "three", "1) **three**", True),
    ("M4", "qa7", "one", "1", True),
    ("M4", "qa1", "garden", "I have read it all. Mary is in the garden.", True),
    ("M4", "qa1", "garden", "<think>Kitchen? No, office.</think>\n\ngarden", True),
    ("M4", "qa1", "garden", "kitchen it is, or not?</think> garden", True),
    ("M4", "qa1", "garden", "<think>She is in the garden", False),
    ("M4", "qa1", "garden", "garden <think>or is it", False),
    ("M4", "qa1", "garden", "<think>office</think>garden<think>sure</think>", True),
    ("M4", "qa1", "garden", "<THINK>office</THINK>Garden", True),
    ("M4", "qa1", "garden", "**garden**", True),
    ("M4", "qa1", "garden", '"Garden"', True),
    ("M4", "qa1", "garden", "_garden_", True),
    ("M4", "qa1", "garden", "\\boxed{\\text{garden}}", True),
    ("M4", "qa1", "garden", "<answer>garden</answer>", True),
    ("M4", "qa1", "garden", "garden</s>", True),
    ("M4", "qa1", "garden", "The office. No: the garden.", False),
    ("M4", "qa1", "garden", "garden\noffice", True),
    ("M4", "qa1", "garden", "garden or kitchen", False),
    ("M4", "qa1", "garden", "A: garden\nB: kitchen\nC: office", False),
    ("M4", "qa1", "garden", "Mary is not in the office, but in the garden.", True),
    ("M4", "qa1", "garden", "She isn't in the garden.", False),
    ("M4", "qa1", "garden", "gardens", False),
    ("M4", "qa1", "garden", "", False),
    # M5: labels of the question, by substring and even where they are the answer.
    ("M5", "qa3", "garden", "Before the kitchen the apple was in the garden.", True),
    ("M5", "qa3", "garden", "garden or kitchen", False),
    ("M5", "qa3", "garden", "the kitchen. Then the garden", False),
    ("M5", "qa3", "garden", "Before the kitchen it was in the kitchen. The garden was first.", False),
    ("M5", "qa4", "hallway", "The bedroom is west of the hallway.", True),
    ("M5", "qa4", "hallway", "bedroom", False),
    ("M5", "qa6", "yes", "Yes, Mary is in the kitchen.", True),
    ("M5", "qa6", "yes", "Mary is in the kitchen.", False),
    # M6: lists needed bare commas, paths one form.
    ("M6", "qa8", "milk,apple", "apple,milk", True),
    ("M6", "qa8", "apple,milk", "milk and apple", True),
    ("M6", "qa8", "apple,milk", "Apple, milk.", True),
    ("M6", "qa8", "apple,milk", "apple milk", True),
    ("M6", "qa8", "apple,milk", "Mary is carrying the milk and the apple.", True),
    ("M6", "qa8", "apple,milk", "Mary is carrying:\n- apple\n- milk", True),
    ("M6", "qa8", "apple,milk", "1. apple\n2. milk", True),
    ("M6", "qa8", "apple,milk", "milk\napple", True),
    ("M6", "qa8", "apple,milk", "Milk\n\n Apple\n", True),
    ("M6", "qa8", "apple,football,milk", "Mary is carrying:\nmilk,\napple,\nfootball", True),
    ("M6", "qa8", "apple,milk", "milk\napple\nfootball", False),
    ("M6", "qa8", "milk", "milk\napple", False),
    ("M6", "qa8", "milk", "milk\nmilk\nmilk", True),
    ("M6", "qa8", "milk", "milk\napple was left behind", True),
    ("M6", "qa8", "milk", "milk.\napple.", True),
    ("M6", "qa8", "nothing", "nothing\nmilk", True),
    ("M6", "qa8", "milk", "milk\nnothing", True),
    ("M6", "qa8", "apple,milk", "apple", False),
    ("M6", "qa8", "apple", "apple, milk", False),
    ("M6", "qa8", "football,apple,milk", "milk, apple, and football", True),
    ("M6", "qa8", "milk", "milk and nothing else", True),
    ("M6", "qa8", "milk", "nothing but milk", True),
    ("M6", "qa8", "nothing", "nothing", True),
    ("M6", "qa8", "nothing", "Mary is carrying nothing.", True),
    ("M6", "qa8", "nothing", "Mary isn't carrying anything.", True),
    ("M6", "qa8", "nothing", "milk and nothing else", False),
    ("M6", "qa8", "milk", "nothing", False),
    ("M6", "qa19", "s,e", "s,e", True),
    ("M6", "qa19", "s,e", "S, E", True),
    ("M6", "qa19", "s,e", "south, east", True),
    ("M6", "qa19", "s,e", "South then East", True),
    ("M6", "qa19", "s,e", "go south and then east", True),
    ("M6", "qa19", "s,e", "Go south. Then go east.", True),
    ("M6", "qa19", "s,e", "1. south\n2. east", True),
    ("M6", "qa19", "s,e", "Let's go s,e", True),
    ("M6", "qa19", "s,e", "The office is north of the garden, so go southwards, then eastward.", True),
    ("M6", "qa19", "s,e", "South (S), then East (E)", True),
    ("M6", "qa19", "s,e", "The office is south of the kitchen. Path: s,e", True),
    ("M6", "qa19", "s,e", "yes,e", False),
    ("M6", "qa19", "s,e", "e,s", False),
    ("M6", "qa19", "s,e", "s", False),
    ("M6", "qa19", "s,e", "s,e,n", False),
    ("M6", "qa19", "s,s", "south, south", True),
    ("M6", "qa19", "s,s", "south", False),
    ("M6", "qa19", "n,w", "N/W", True),
    ("M6", "qa19", "n,w", "<think>s,e</think> n,w", True),
    # M7: inflections, and words that hold a label.
    ("M7", "qa15", "wolf", "wolves", True),
    ("M7", "qa15", "mouse", "Mice.", True),
    ("M7", "qa15", "cat", "Emily is afraid of cats.", True),
    ("M7", "qa15", "sheep", "sheep", True),
    ("M7", "qa15", "cat", "It is located", False),
    ("M7", "qa16", "gray", "Greg is grey.", True),
    ("M7", "qa1", "office", "the officer", False),
]


@pytest.mark.parametrize(("flaw", "task", "target", "output", "right"), TABLE)
def test_v2_truth_table(flaw: str, task: str, target: str, output: str, right: bool) -> None:
    assert score("v2", task, output, target, QUESTIONS[task]) is right, flaw


@pytest.mark.parametrize(
    ("task", "question", "target", "output", "right"),
    [
        ("qa5", "Who gave the milk to Mary? ", "Bill", "Bill gave the milk to Mary", True),
        ("qa5", "Who gave the milk to Mary? ", "Bill", "Mary", False),
        ("qa5", "Who gave the milk? ", "Bill", "Bill gave the milk to Mary.", True),
        ("qa5", "Who gave the milk? ", "Mary", "Bill gave the milk to Mary.", False),
        ("qa5", "Who gave the milk? ", "Bill", "Mary received the milk from Bill.", True),
        ("qa5", "Who gave the milk? ", "Bill", "The milk was given to Mary by Bill.", True),
        ("qa5", "Who received the milk? ", "Mary", "Bill gave the milk to Mary.", True),
        ("qa5", "Who received the milk? ", "Mary", "The milk was received by Mary.", True),
        ("qa5", "Who received the milk? ", "Bill", "Bill gave the milk to Mary.", False),
        ("qa5", "Who did Bill give the milk to? ", "Mary", "Bill gave the milk to Mary", True),
        ("qa5", "What did Bill give to Mary? ", "milk", "Bill gave the milk to Mary", True),
        ("qa5", "What did Bill give to Mary? ", "milk", "the milk or the apple", False),
        ("qa5", "Who gave the milk? ", "Bill", "Bill or Fred", False),
        ("qa20", "Where will yann go?", "bedroom", "Yann is tired, so he will go to the bedroom.", True),
        ("qa20", "Why did yann go to the bedroom?", "tired", "Yann went to the bedroom because he was tired.", True),
        ("qa20", "Why did yann go to the bedroom?", "tired", "bedroom", False),
    ],
)
def test_v2_knows_what_is_asked(task: str, question: str, target: str, output: str, right: bool) -> None:
    assert score("v2", task, output, target, question) is right


@pytest.mark.parametrize(
    ("output", "right"), [(" Garden.", True), ("garden", True), ("the garden", False), ("garden..", False), ("", False)]
)
def test_exact(output: str, right: bool) -> None:
    assert score("exact", "qa1", output, "garden", "Where is Mary?") is right


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", SCORES)
def test_each_label_is_right_for_itself_and_wrong_for_the_others(name: str, task: str) -> None:
    labels = TASKS[task].labels
    for target in labels:
        right = {label for label in labels if score(name, task, label, target, "?")}
        # M1: by substring, "none" is "one" too.
        assert right == ({target} if (name, target) != ("v1", "none") else set())


@given(
    st.sampled_from(SCORES),
    st.sampled_from(list(TASKS)),
    st.text() | st.sampled_from(["<think>", "1.", "\n- ", "Question:", "garden, "]),
    st.text(),
)
def test_any_output_gets_a_verdict(name: str, task: str, output: str, question: str) -> None:
    assert score(name, task, output, TASKS[task].labels[0], question) in (True, False)


@pytest.mark.parametrize(
    "piece",
    [
        "<think>",
        "</think>",
        "not a a ",
        "\n",
        " ",
        "1. ",
        "\n1. ",
        "is in the ",
        "mary ",
        "Question ",
        "\n- a",
        "apple\n",
        "garden ",
    ],
)
@pytest.mark.parametrize("task", ["qa1", "qa5", "qa7", "qa8", "qa19"])
def test_long_odd_outputs_take_no_time(task: str, piece: str) -> None:
    start = time.process_time()
    score("v2", task, piece * 20_000, TASKS[task].labels[0], "Where is Mary?")
    assert time.process_time() - start < 3  # some 0.1 s; minutes where a pattern goes quadratic


def test_a_label_may_hold_any_character() -> None:
    labels = ("a(", "c++", "b")
    for label in labels:
        assert score("v2", "qa1", f"Mary is in the {label}.", label, "Where is Mary?", labels)
        assert not score("v2", "qa1", "Mary is in the hall.", label, "Where is Mary?", labels)


def test_unknown_names_are_answered_with_near_ones() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        score("v3", "qa1", "", "", "")
    with pytest.raises(UsageError, match="qa21"):
        score("v2", "qa21", "", "", "")


@pytest.mark.parametrize(
    ("task", "output", "target", "question", "right"),
    [
        ("qa1", "Akiko is in the aquarium.", "aquarium", "Where is Akiko?", True),
        ("qa1", "The aquarium or the pagoda.", "aquarium", "Where is Akiko?", False),
        ("qa1", "The garden.", "aquarium", "Where is Akiko?", False),
        ("qa5", "Akiko gave the banjo to Boris.", "Akiko", "Who gave the banjo to Boris?", True),
        ("qa5", "Akiko gave the banjo to Boris.", "banjo", "What did Akiko give to Boris?", True),
        ("qa5", "Boris", "Akiko", "Who gave the banjo to Boris?", False),
        ("qa15", "Badgers.", "badger", "What is akiko afraid of?", True),
        ("qa8", "the banjo and the kite", "banjo,kite", "What is Akiko carrying?", True),
        ("qa8", "kite\nbanjo", "banjo,kite", "What is Akiko carrying?", True),
        ("qa8", "nothing", "banjo,kite", "What is Akiko carrying?", False),
    ],
)
def test_a_sample_may_have_labels_of_its_own(task: str, output: str, target: str, question: str, right: bool) -> None:
    own = {
        "qa1": ("aquarium", "pagoda"),
        "qa5": ("Akiko", "Boris", "banjo", "kite"),
        "qa15": ("badger", "panda"),
        "qa8": ("banjo", "kite", "nothing"),
    }
    assert score("v2", task, output, target, question, own[task]) is right
    if task == "qa1":
        assert score("v1", task, output, target, question, own[task]) is right
