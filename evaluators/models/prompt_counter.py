"""Counts the tokens of prompts that a server will read, with a tokenizer on this side.

Example::

    count = prompt_counter("Qwen/Qwen3-4B", chat=True, system=None)
    count("Where is Mary?")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from babilong.tokenizers import load_tokenizer
from evaluators.models.chat import choose_chat


def prompt_counter(name: str, *, chat: bool, system: str | None) -> Callable[[str], int]:
    """A function from a prompt to its tokens, special ones and those of the chat template included.

    Args:
        name: `builtin`, a folder or a hub id.
        chat: whether the prompt is sent as a chat; counts as the bare text where the tokenizer has no template.
        system: system message, or None.

    Raises:
        DataError: there is no such tokenizer.
    """
    tokenizer = load_tokenizer(name)
    template: Any = None
    if chat and name != "builtin":
        from transformers import AutoTokenizer

        # All of its files are at hand by now, or not to be had.
        template = AutoTokenizer.from_pretrained(name, local_files_only=True)
    if template is None or not template.chat_template:
        before = f"{system}\n\n" if system else ""
        special = tokenizer.backend.num_special_tokens_to_add(is_pair=False)
        return lambda prompt: special + sum(map(len, tokenizer.encode_pieces(prompt, before=before)))
    chat_of = choose_chat(template, "auto", system=system, name=name)
    return lambda prompt: len(chat_of.encode(prompt))
