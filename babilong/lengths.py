"""Lengths in tokens: names ("0k", "128k", "1M", "11M"), lists and ranges. k = 1,000 and M = 1,000,000."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from babilong.errors import UsageError

STANDARD = (
    "0k",
    "1k",
    "2k",
    "4k",
    "8k",
    "16k",
    "32k",
    "64k",
    "128k",
    "256k",
    "512k",
    "1M",
    "2M",
    "4M",
    "8M",
    "10M",
    "11M",
)
MAX_TOKENS = 11_000_000
_UNIT = {"": 1, "k": 1_000, "m": 1_000_000}


def tokens(length: str) -> int:
    """How many tokens a length name stands for; `0k` (facts only) is 0.

    Example:
        >>> tokens("128k"), tokens("1.5M"), tokens("2500")
        (128000, 1500000, 2500)

    Raises:
        UsageError: not a length, not a whole number of tokens, or over 11M.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([km]?)", length.strip().lower())
    if not match:
        raise UsageError(f"Unknown length {length!r}; write it as 0k, 4k, 128k, 1M or 11M (k = 1,000 tokens).")
    count = Fraction(match[1]) * _UNIT[match[2]]
    if count > MAX_TOKENS:
        raise UsageError(f"The length {length!r} is over 11M tokens, the longest that is supported.")
    if count.denominator != 1:
        raise UsageError(f"The length {length!r} is not a whole number of tokens.")
    return int(count)


def name(count: int) -> str:
    """The one name of a number of tokens: what folders and tables are called.

    Example:
        >>> name(0), name(128_000), name(1_000_000), name(2500)
        ('0k', '128k', '1M', '2500')
    """
    if count and count % 1_000_000 == 0:
        return f"{count // 1_000_000}M"
    return f"{count // 1_000}k" if count % 1_000 == 0 else str(count)


def parse_lengths(spec: str | Sequence[str]) -> tuple[str, ...]:
    """Length names from a list with commas, blanks and ranges over the standard grid, each once.

    Example:
        >>> parse_lengths("0k,4k-16k,11M")
        ('0k', '4k', '8k', '16k', '11M')

    Raises:
        UsageError: an unknown length, an empty list or a range that runs backwards.
    """
    words = (spec if isinstance(spec, str) else ",".join(spec)).replace(",", " ").split()
    names: dict[str, None] = {}
    for word in words:
        first, dash, last = word.partition("-")
        start, end = tokens(first), tokens(last if dash else first)
        if end < start:
            raise UsageError(f"The length range {word!r} runs backwards; write {last}-{first}.")
        between = [size for size in map(tokens, STANDARD) if start < size < end]
        names.update((name(size), None) for size in dict.fromkeys((start, *between, end)))
    if not names:
        raise UsageError("No length given; name some, for example 0k,1k,4k-128k.")
    return tuple(names)
