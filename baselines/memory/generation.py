"""Greedy answers from a memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch

from babilong.errors import UsageError
from baselines.memory.model import MemoryModel, State
from baselines.memory.segments import bounds
from baselines.memory.sequences import cut, steps


@torch.inference_mode()
def generate(
    model: MemoryModel, prompts: Sequence[Sequence[int]], state: State, max_new_tokens: int, stops: Collection[int] = ()
) -> list[list[int]]:
    """Go on from prompts, each token the likeliest after all before it.

    All segments of a prompt but its last are read into the memory; the last one reads the memory, and the answer stands
    right behind it, whatever the lengths of the other rows. The state handed in stays as it is. A question and its
    answer are short, so they are read anew for each token.

    Args:
        model: a language model with a memory.
        prompts: token ids of B prompts.
        state: the memory of B texts.
        max_new_tokens: where an answer is cut; it is also cut where the positions of the base model end.
        stops: tokens that end an answer.

    Returns:
        The new tokens of each row, the one that ended it included.

    Raises:
        UsageError: an empty prompt.
    """
    if not all(prompts):
        raise UsageError("A prompt has no tokens; give it at least one to go on from.")
    size, overlap = model.config.segment_size, model.config.overlap
    cuts = [bounds(len(prompt), size, overlap) for prompt in prompts]
    heads = [prompt[: spans[-2][1]] if len(spans) > 1 else [] for prompt, spans in zip(prompts, cuts, strict=True)]
    tails = [prompt[spans[-1][0] :] for prompt, spans in zip(prompts, cuts, strict=True)]
    room = model.positions - model.around if model.positions else None
    last = torch.tensor(sorted(stops), dtype=torch.long, device=model.device)
    ids, ends = _padded(heads, 0, model.device)
    real = torch.arange(ids.shape[1], device=model.device) < ends[:, None]
    for step in steps(model, cut(ids, real, model.config), state):
        state = step.state
    ids, ends = _padded(tails, max_new_tokens, model.device)
    rows, places = torch.arange(len(ids), device=model.device), torch.arange(ids.shape[1], device=model.device)
    done = torch.zeros(len(ids), dtype=torch.bool, device=model.device)
    for _ in range(max_new_tokens):
        width = int(ends[~done].max())
        hidden = model.read(ids[:, :width], state, places[:width] < ends[:, None])
        token = model.logits(hidden[rows, (ends - 1).clamp(max=width - 1)]).argmax(dim=-1)
        ids[rows[~done], ends[~done]] = token[~done]
        ends = ends + (~done)
        done |= torch.isin(token, last)
        if room is not None:
            done |= ends > room
        if bool(done.all()):
            break
    written = zip(ids.tolist(), tails, ends.tolist(), strict=True)
    return [row[len(tail) : stop] for row, tail, stop in written]


def _padded(prompts: Sequence[Sequence[int]], room: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids [B, longest + room] and the length of each row."""
    lengths = [len(prompt) for prompt in prompts]
    ids = torch.zeros(len(prompts), max(lengths) + room, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt, dtype=torch.long)
    return ids.to(device), torch.tensor(lengths, device=device)
