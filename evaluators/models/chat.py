"""How a prompt becomes token ids: as a message of a chat, through a template, or as plain text.

Example::

    chat = choose_chat(tokenizer, "auto", system="Be brief.", name="hf/mine")
    chat.encode("Where is Mary?")
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babilong.errors import UsageError, first_sentence
from babilong.scoring import opened_reasoning

# Tokens at the end of a prompt in which a tag of reasoning fits, be it spelt in single characters.
_TAG = 16


@dataclass(frozen=True, slots=True)
class Chat:
    """A tokenizer, and the chat template that prompts go through, if any.

    Attributes:
        tokenizer: of transformers.
        template: text of the Jinja template; None: prompts are read as plain text.
        system: system message, or None.
        system_role: whether the template takes a system message; where not, it stands before the prompt.
    """

    tokenizer: Any
    template: str | None
    system: str | None
    system_role: bool

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a prompt, those of the template and the special ones included; never cut."""
        if self.system and not self.system_role:
            prompt = f"{self.system}\n\n{prompt}"
        if self.template is None:
            return list(self.tokenizer(prompt, truncation=False)["input_ids"])
        messages = [{"role": "user", "content": prompt}]
        if self.system and self.system_role:
            messages.insert(0, {"role": "system", "content": self.system})
        encoded = self.tokenizer.apply_chat_template(
            messages, chat_template=self.template, add_generation_prompt=True, return_dict=True
        )
        return list(encoded["input_ids"])

    def opening(self, ids: Sequence[int]) -> str:
        """The tag with which a prompt opens the reasoning of its answer, as some templates do, or ""."""
        return opened_reasoning(str(self.tokenizer.decode(list(ids[-_TAG:]))))

    def describe(self) -> dict[str, Any]:
        """Which way prompts are read, and sha256 of the template's text."""
        if self.template is None:
            return {"prompt": "text", "chat_template": None}
        return {"prompt": "chat", "chat_template": hashlib.sha256(self.template.encode()).hexdigest()}


def choose_chat(tokenizer: Any, choice: str, *, system: str | None, name: str) -> Chat:
    """The way that `--chat-template` asks for.

    Args:
        tokenizer: of transformers.
        choice: `auto` (the tokenizer's template where it has one), `on`, `off`, or a Jinja file.
        system: system message, or None.
        name: what to call the model in errors.

    Raises:
        UsageError: there is no such template, or one that does not render.
    """
    if choice in ("auto", "on"):
        template = tokenizer.get_chat_template() if tokenizer.chat_template else None
        if template is None and choice == "on":
            raise UsageError(f"{name} has no chat template; give one with --chat-template FILE, or `off`.")
        where = f"of {name}"
    else:
        template = None if choice == "off" else _read(choice)
        where = choice
    if template is None:
        return Chat(tokenizer, None, system, system_role=False)
    user = {"role": "user", "content": "USER"}
    try:
        rendered = _render(tokenizer, template, user)
    except Exception as error:  # templates raise what they like
        raise _unusable(where, first_sentence(error)) from error
    if "USER" not in rendered:
        raise _unusable(where, "it leaves the prompt out.")
    return Chat(tokenizer, template, system, _takes_system(tokenizer, template, user))


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(file, first_sentence(error)) from error


def _render(tokenizer: Any, template: str, *messages: dict[str, str]) -> str:
    return str(
        tokenizer.apply_chat_template(
            list(messages), chat_template=template, add_generation_prompt=True, tokenize=False
        )
    )


def _takes_system(tokenizer: Any, template: str, user: dict[str, str]) -> bool:
    """Whether a system message gets through; some templates refuse it, some drop it."""
    try:
        return "SYSTEM" in _render(tokenizer, template, {"role": "system", "content": "SYSTEM"}, user)
    except Exception:
        return False


def _unusable(where: str, reason: str) -> UsageError:
    return UsageError(f"Cannot use the chat template {where}: {reason} Choose another with --chat-template, or `off`.")
