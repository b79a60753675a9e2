"""Heads that read the state of a story off the memories of its segments: for training alone."""

from __future__ import annotations

from torch import Tensor, nn


class StateHeads(nn.Module):
    """What a memory tells without a question, of the person its segment is about: for training alone.

    Where he is, where he was before, and whether he holds each of three things: answers that are known after every
    fact, as those to questions are, read off the memories themselves.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.places = nn.Linear(width, 2 * width)
        self.held = nn.Linear(width, 3)

    def forward(self, memories: Tensor) -> tuple[Tensor, Tensor]:
        """Of memories [N, d]: hidden states for two answers [N, 2, d], and logits for three things [N, 3]."""
        normed = self.norm(memories)
        return self.places(normed).unflatten(-1, (2, -1)), self.held(normed)
