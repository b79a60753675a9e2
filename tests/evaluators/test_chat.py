"""Chat templates: which one is used, what becomes of a system message, and one sentence for any that cannot be."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from babilong.errors import UsageError
from evaluators.models.chat import choose_chat

PLAIN = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + PLAIN
DROPS_SYSTEM = "{% for m in messages if m['role'] == 'user' %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}"


@pytest.fixture
def tokenizer() -> Any:
    from transformers import PreTrainedTokenizerFast

    from babilong.tokenizers import load_tokenizer

    return PreTrainedTokenizerFast(tokenizer_object=load_tokenizer().backend)


def text(tokenizer: Any, template: str | None, choice: str, system: str | None = None) -> str:
    """What the model reads of the prompt `Who?`."""
    tokenizer.chat_template = template
    return str(tokenizer.decode(choose_chat(tokenizer, choice, system=system, name="hf/tiny").encode("Who?")))


@pytest.mark.parametrize(
    ("template", "choice", "expected"),
    [
        (None, "auto", "Who?"),
        (None, "off", "Who?"),
        (PLAIN, "off", "Who?"),
        (PLAIN, "auto", "<user>Who?<assistant>"),
        (PLAIN, "on", "<user>Who?<assistant>"),
        ({"default": PLAIN, "tool_use": "TOOLS"}, "auto", "<user>Who?<assistant>"),
    ],
)
def test_choices(tokenizer: Any, template: Any, choice: str, expected: str) -> None:
    assert text(tokenizer, template, choice) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (PLAIN, "<system>Be brief.<user>Who?<assistant>"),
        (NO_SYSTEM, "<user>Be brief.\n\nWho?<assistant>"),
        (DROPS_SYSTEM, "<user>Be brief.\n\nWho?"),
        (None, "Be brief.\n\nWho?"),
    ],
)
def test_system_message_is_never_lost(tokenizer: Any, template: str | None, expected: str) -> None:
    assert text(tokenizer, template, "auto", system="Be brief.") == expected


def test_a_file_wins_over_the_tokenizer_and_is_hashed(tokenizer: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.jinja"
    file.write_text(DROPS_SYSTEM)
    assert text(tokenizer, PLAIN, str(file)) == "<user>Who?"
    chat = choose_chat(tokenizer, str(file), system=None, name="hf/tiny")
    assert chat.describe() == {
        "prompt": "chat",
        "chat_template": hashlib.sha256(DROPS_SYSTEM.encode()).hexdigest(),
    }
    file.write_text(DROPS_SYSTEM + " ")
    assert choose_chat(tokenizer, str(file), system=None, name="hf/tiny").describe() != chat.describe()
    assert choose_chat(tokenizer, "off", system=None, name="x").describe() == {"prompt": "text", "chat_template": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{% for %}", "Cannot use the chat template .*jinja: .*--chat-template"),
        (b"\xff\xfe", "Cannot use the chat template .*jinja"),
        (b"Hello.", "leaves the prompt out"),
        (b"{{ raise_exception('never') }}", "never"),
    ],
)
def test_broken_files(tokenizer: Any, tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "mine.jinja"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        choose_chat(tokenizer, str(file), system=None, name="hf/tiny")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("end", "opening"),
    [
        ("<think>", "<think>"),
        ("<think>\n\n", "<think>"),
        ("<Thinking> ", "<Thinking>"),
        ("<think></think>\n", ""),
        ("", ""),
    ],
)
def test_what_of_the_answer_a_template_begins(tokenizer: Any, end: str, opening: str) -> None:
    tokenizer.chat_template = f"{PLAIN[:-11]}{end}{{% endif %}}"
    chat = choose_chat(tokenizer, "on", system=None, name="hf/tiny")
    assert chat.opening(chat.encode("Say <think> again.")) == opening


def test_on_without_a_template(tokenizer: Any) -> None:
    with pytest.raises(UsageError, match="hf/tiny has no chat template; give one with --chat-template FILE"):
        choose_chat(tokenizer, "on", system=None, name="hf/tiny")
