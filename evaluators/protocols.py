"""Protocols: what has to be alike for two results to be compared, besides the samples.

`v2` is ours. `v1` is that of the published numbers: the published prompts, which are read from a file, greedy answers
of 20 tokens, and the published score. Results of the two are never mixed in one table::

    protocol = get_protocol("v1")
    protocol.check_prompts(load_prompts("babilong/prompts.py"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from babilong.errors import UsageError, unknown
from babilong.prompts import PromptSet

DEFAULT_TOKENS = 20


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a protocol fixes.

    Attributes:
        name: `v2` or `v1`.
        score: the score that is shown first.
        published: whether prompts and decoding are those of the published numbers (booydar/babilong,
            `scripts/run_model_on_babilong.py`) or free.
    """

    name: str
    score: str
    published: bool

    def check_prompts(self, prompts: PromptSet) -> None:
        """Whether these prompts can be used.

        Raises:
            UsageError: they cannot.
        """
        if self.published and not prompts.published:
            raise UsageError(
                f"--protocol {self.name} asks with the published prompts; name them with --prompts, as the prompts.py "
                f"of the published repository or a .json file of the same form."
            )

    def new_tokens(self, asked: int | None) -> int:
        """The most tokens of an answer.

        Raises:
            UsageError: another number was asked for than the protocol has.
        """
        if self.published and asked not in (None, DEFAULT_TOKENS):
            raise UsageError(
                f"--protocol {self.name} gives an answer {DEFAULT_TOKENS} tokens; leave --max-new-tokens away."
            )
        return DEFAULT_TOKENS if asked is None else asked


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {protocol.name: protocol for protocol in (Protocol("v2", "v2", False), Protocol("v1", "v1", True))}
)


def get_protocol(name: str) -> Protocol:
    """The protocol of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
