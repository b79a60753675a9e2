"""Where memory tokens behind the text stand, as position ids: what `MemoryConfig.written_at` says."""

from __future__ import annotations

import torch
from torch import Tensor

from baselines.memory.config import MemoryConfig


def are_default(config: MemoryConfig, text: int, written: int) -> bool:
    """Whether the positions of text without padding are 0, 1, 2, ..., as a model counts them by itself."""
    whole = config.written_at == "segment" and text == config.segment_size
    return not written or config.written_at == "text" or whole


def position_ids(
    config: MemoryConfig, table: int, before: int, text: int, written: int, mask: Tensor | None, device: torch.device
) -> Tensor:
    """Position ids of `[before ; text ; written]`.

    Args:
        config: says where the written tokens stand.
        table: how many positions the base model has.
        before: memory tokens before the text.
        text: tokens of text, padding included.
        written: memory tokens behind the text.
        mask: bool [B, text], False at padding on the right; None: no padding.
        device: where the ids are wanted.

    Returns:
        Long [B, before + text + written]; [1, ...] where all rows have the same.
    """
    if config.written_at == "text" and mask is not None:
        start = before + mask.sum(dim=1)
    else:
        starts = {"segment": before + config.segment_size, "text": before + text, "table": table - written}
        # Made on the device: a copy to it could not be recorded with the rest of a step.
        start = torch.full((1,), starts[config.written_at], device=device)
    read = torch.arange(before + text, device=device).expand(len(start), -1)
    return torch.cat((read, start[:, None] + torch.arange(written, device=device)), dim=1)
