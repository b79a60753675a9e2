"""What the files of a language model say besides its weights: tokenizer, end tokens, limits, fingerprint.

Example::

    tokenizer, config = load_tokenizer_and_config("gpt2")
    fingerprint("gpt2", config)     # "gpt2@607a30d783dfa663caf39e06633721c8d4cfcd7e"
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from babilong.errors import DataError, first_sentence
from babilong.hub import is_hub_id, is_out_of_reach
from babilong.tokenizers import knows_words
from evaluators.models.batches import Output

_FILES = (".safetensors", ".bin", ".json", ".jinja", ".model", ".txt")


def check_source(source: str) -> None:
    """Whether this can be a model, before heavy libraries are loaded.

    Raises:
        DataError: it cannot.
    """
    folder = Path(source)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise DataError(f"Cannot load the model {source}: the folder has no config.json.")
    elif not is_hub_id(source):
        raise DataError(f"Cannot load the model {source}: there is no such folder, and it is no hub id.")


def only_local(source: str) -> bool:
    """Whether to look for a model on this machine only: a folder, or the hub does not answer."""
    return Path(source).is_dir() or is_out_of_reach(source)


def load_tokenizer_and_config(source: str, *, local: bool) -> tuple[Any, Any]:
    """The tokenizer and the config of a hub id or a folder; code that comes with a model is never run.

    Raises:
        DataError: they cannot be had.
    """
    import transformers

    library: Any = transformers
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()
    try:
        config = library.AutoConfig.from_pretrained(source, local_files_only=local)
        tokenizer = library.AutoTokenizer.from_pretrained(source, local_files_only=local)
    except Exception as error:  # the libraries raise what they like
        raise cannot_load(source, error) from error
    if not knows_words(tokenizer):
        raise DataError(f"Cannot use the model {source}: it comes without a tokenizer.")
    return tokenizer, config


def cannot_load(source: str, error: Exception) -> DataError:
    """What a library said when it could not load a model, in a sentence."""
    where = "" if Path(source).is_dir() else "no folder of that name, and the hub did not give it: "
    reason = first_sentence(error)
    if "ignore_mismatched_sizes" in str(error):
        reason = "the shapes of its weights do not fit its config.json."
    return DataError(f"Cannot load the model {source}: {where}{reason}")


def positions(config: Any) -> int | None:
    """Tokens that a model reads and writes at most; None where its config names no limit."""
    text = config.get_text_config()
    # The library knows most other names as the first one; that of MPT it does not.
    found = getattr(text, "max_position_embeddings", getattr(text, "max_seq_len", None))
    return None if found is None else int(found)


def end_tokens(source: str, named: Any, tokenizer: Any) -> list[int]:
    """The tokens that end an answer: those that the model's settings name, else the tokenizer's own.

    Raises:
        DataError: what they name is no token.
    """
    found = tokenizer.eos_token_id if named is None else named
    ends = [] if found is None else found if isinstance(found, list) else [found]
    if not {*map(type, ends)} <= {int}:
        raise DataError(
            f"Cannot use the model {source}: it names {found!r} as the end of an answer; give a token's number, or a "
            f"list of them, as eos_token_id in its generation_config.json or config.json."
        )
    return list(ends)


def read_answer(tokenizer: Any, tokens_in: int, ids: Sequence[int], ends: Sequence[int], opening: str = "") -> Output:
    """The answer that a model wrote as token ids, up to the first end token, behind what the prompt began of it."""
    end = next((place for place, token in enumerate(ids) if token in ends), None)
    text = tokenizer.decode(list(ids[:end]), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    text = f"{opening}{text}"
    return (text, "length", tokens_in, len(ids)) if end is None else (text, "stop", tokens_in, end + 1)


def fingerprint(source: str, config: Any) -> str:
    """Commit of a hub model; sha256 over the files of a folder."""
    if not Path(source).is_dir():
        return f"{source}@{getattr(config, '_commit_hash', None)}"
    total = hashlib.sha256()
    for file in sorted(Path(source).iterdir()):
        if file.suffix in _FILES:
            total.update(f"\0{file.name}\0".encode())
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    total.update(block)
    return f"sha256:{total.hexdigest()}"
