"""Plain causal language models of the `transformers` library, from the hub or a folder: `hf/ID-or-folder`.

Prompts are read in pieces of `PREFILL` tokens into the key-value cache and logits are made for the last position only
(both are the library's own), so that memory beyond the cache does not grow with the prompt.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from babilong.errors import DataError, UsageError, first_sentence
from babilong.hub import is_hub_id, is_out_of_reach
from babilong.tokenizers import knows_words
from evaluators.models.batches import Output, answer_in_batches
from evaluators.models.protocol import Answer, ModelOptions, Request

# Small enough that the mask of a piece against all before it stays small, large enough to keep a GPU busy.
PREFILL = 512


class HuggingFaceModel:
    """A causal language model that is given the rendered prompt, through its chat template where it has one."""

    prompted = True

    def __init__(self, name: str, source: str, model: Any, tokenizer: Any, options: ModelOptions) -> None:
        self.name = name
        self.source = source
        self.model = model
        self.tokenizer = tokenizer
        self.options = options
        self.stops = _stops(model, tokenizer)
        self.system_role = _takes_system(tokenizer)
        # The model's own settings (sampling, penalties) would otherwise fill in whatever is not given here.
        model.generation_config = self.generation = _greedy(model, tokenizer, self.stops, options.max_new_tokens)

    @classmethod
    def load(cls, name: str, source: str, options: ModelOptions) -> HuggingFaceModel:
        """The model and tokenizer of a hub id or a folder; code that comes with a model is never run.

        Raises:
            DataError: there is no such model, or its files are missing, broken or of other shapes.
            UsageError: the answer alone is longer than what the model can read.
        """
        model, tokenizer = _load(source, options.dtype)
        loaded = cls(name, source, model, tokenizer, options)
        if loaded.max_tokens is not None and loaded.max_tokens <= 0:
            raise UsageError(f"--max-new-tokens {options.max_new_tokens} leaves {name} no room for a prompt.")
        return loaded

    @property
    def max_tokens(self) -> int | None:
        """The model's positions less those of the answer."""
        positions = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return None if positions is None else int(positions) - self.options.max_new_tokens

    @cached_property
    def fingerprint(self) -> str:
        """Commit of a hub model; sha256 over the files of a folder."""
        return _fingerprint(self.source, self.model)

    def describe(self) -> dict[str, Any]:
        """Weights, data type, chat template and decoding."""
        template = self.tokenizer.chat_template
        return {
            "model": self.name,
            "checkpoint": self.fingerprint,
            "architecture": type(self.model).__name__,
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "prompt": "chat" if template else "text",
            "chat_template": hashlib.sha256(str(template).encode()).hexdigest() if template else None,
            "decoding": self.options.decoding,
        }

    def count(self, request: Request) -> int:
        """Tokens of the prompt, those of the chat template and the special ones included."""
        return len(self._encode(request))

    def answer(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers batch by batch, each of one length."""
        return answer_in_batches(requests, self.options.batch_size, self._answer_batch)

    def _encode(self, request: Request) -> list[int]:
        system, prompt = self.options.system, request.prompt
        if system and not self.system_role:
            prompt = f"{system}\n\n{prompt}"
        if not self.tokenizer.chat_template:
            return list(self.tokenizer(prompt, truncation=False)["input_ids"])
        messages = [{"role": "user", "content": prompt}]
        if system and self.system_role:
            messages.insert(0, {"role": "system", "content": system})
        return list(
            self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
        )

    def _answer_batch(self, batch: Sequence[Request]) -> list[Output]:
        import torch

        prompts = [self._encode(request) for request in batch]
        width = max(map(len, prompts))
        ids = torch.full((len(batch), width), self.generation.pad_token_id)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        device = self.model.device
        with torch.inference_mode():
            written = self.model.generate(
                ids.to(device), attention_mask=mask.to(device), generation_config=self.generation
            )
        return [self._output(len(prompt), row[width:].tolist()) for prompt, row in zip(prompts, written, strict=True)]

    def _output(self, tokens_in: int, ids: list[int]) -> Output:
        end = next((place for place, token in enumerate(ids) if token in self.stops), None)
        text = str(self.tokenizer.decode(ids[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False))
        return (text, "length", tokens_in, len(ids)) if end is None else (text, "stop", tokens_in, end + 1)


def _load(source: str, dtype: str) -> tuple[Any, Any]:
    _check_source(source)
    import torch
    import transformers

    library: Any = transformers
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()
    local = Path(source).is_dir() or is_out_of_reach(source)
    try:
        tokenizer = library.AutoTokenizer.from_pretrained(source, local_files_only=local)
        model, info = library.AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, output_loading_info=True, local_files_only=local
        )
    except Exception as error:  # the libraries raise what they like
        where = "" if Path(source).is_dir() else "no folder of that name, and the hub did not give it: "
        raise DataError(f"Cannot load the model {source}: {where}{_reason(error)}") from error
    if not knows_words(tokenizer):
        raise DataError(f"Cannot use the model {source}: it comes without a tokenizer.")
    if info["missing_keys"]:
        raise DataError(
            f"Cannot use the model {source}: its files lack {len(info['missing_keys'])} of its weights, "
            f"among them {min(info['missing_keys'])}."
        )
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), tokenizer


def _check_source(source: str) -> None:
    """Whether this can be a model, before heavy libraries are loaded."""
    folder = Path(source)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise DataError(f"Cannot load the model {source}: the folder has no config.json.")
    elif not is_hub_id(source):
        raise DataError(f"Cannot load the model {source}: there is no such folder, and it is no hub id.")


def _reason(error: Exception) -> str:
    """What a library said, in a sentence."""
    if "ignore_mismatched_sizes" in str(error):
        return "the shapes of its weights do not fit its config.json."
    return first_sentence(error)


def _fingerprint(source: str, model: Any) -> str:
    if not Path(source).is_dir():
        return f"{source}@{getattr(model.config, '_commit_hash', None)}"
    total = hashlib.sha256()
    for file in sorted(Path(source).iterdir()):
        if file.suffix in (".safetensors", ".bin", ".json", ".jinja", ".model", ".txt"):
            total.update(f"\0{file.name}\0".encode())
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    total.update(block)
    return f"sha256:{total.hexdigest()}"


def _stops(model: Any, tokenizer: Any) -> list[int]:
    found = model.generation_config.eos_token_id
    if found is None:
        found = tokenizer.eos_token_id
    return [] if found is None else list(found) if isinstance(found, list) else [int(found)]


def _takes_system(tokenizer: Any) -> bool:
    """Whether there is a chat template, and one that takes a system message; some refuse it, some drop it."""
    if not tokenizer.chat_template:
        return False
    try:
        messages = [{"role": "system", "content": "SYSTEM"}, {"role": "user", "content": "USER"}]
        return "SYSTEM" in tokenizer.apply_chat_template(messages, tokenize=False)
    except Exception:  # templates raise what they like
        return False


def _greedy(model: Any, tokenizer: Any, stops: list[int], max_new_tokens: int) -> Any:
    import transformers

    library: Any = transformers
    pad = tokenizer.pad_token_id
    # Models without a key-value cache (Mamba) carry a state of fixed size instead, and take the prompt whole.
    cached = "past_key_values" in inspect.signature(model.forward).parameters
    return library.GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        eos_token_id=stops or None,
        # Padding is masked: any token does where the tokenizer has none for it.
        pad_token_id=pad if pad is not None else (stops or [0])[0],
        prefill_chunk_size=PREFILL if cached else None,
    )
