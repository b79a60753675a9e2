"""What tokens cost, from a YAML file that the user keeps; prices change too often to come with a program.

Example::

    gpt-4o:                  # the model, with or without rag/ and openai/ before it
      input: 2.5             # per million tokens, in any currency
      output: 10
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babilong import plain_yaml
from babilong.errors import DataError, unknown


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a million tokens that a model reads, and of a million that it writes."""

    input: float
    output: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """The price of so many tokens."""
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


def load_price(path: Path, model: str) -> Price:
    """The price of a model.

    Raises:
        DataError: the file cannot be read, or is not of the form above.
        UsageError: it has no price for the model.
    """
    import yaml

    try:
        found = plain_yaml.load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "problem", None) or "it is not UTF-8 text"
        raise DataError(f"Cannot read the prices {path}: {reason}.") from error
    if not isinstance(found, dict):
        raise DataError(f"Cannot use the prices {path}: it must map models to their input and output prices.")
    bare = model.removeprefix("rag/")
    names = [name for name in (model, bare, bare.partition("/")[2]) if name in found]
    if not names:
        raise unknown(f"model in {path}:", model, map(str, found))
    return _price(path, names[0], found[names[0]])


def _price(path: Path, model: str, entry: Any) -> Price:
    found = [entry[name] for name in ("input", "output") if name in entry] if isinstance(entry, dict) else []
    if len(found) < 2 or not all(type(price) in (int, float) and 0 <= price < float("inf") for price in found):
        raise DataError(
            f"Cannot use the prices {path}: {model} needs two numbers, input and output, per million tokens."
        )
    return Price(*found)
