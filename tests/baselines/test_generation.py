"""Greedy answers against reading everything anew for every token."""

import pytest
import torch

from babilong.errors import UsageError
from baselines.memory.generation import generate
from baselines.memory.model import rows
from baselines.memory.sequences import read
from tests.baselines.tiny import tiny_memory, tokens


@pytest.fixture(params=["rmt", "rmt-r", "armt", "prmt"])
def model(request, kind):
    model = tiny_memory(kind, kind=request.param, overlap=2, key_size=8)
    torch.nn.init.normal_(model.base.get_input_embeddings().weight)  # so that answers differ
    return model


def anew(model, prompt, state, new_tokens, end=None):
    """One row, one token at a time, each from a reading of its own."""
    while len(prompt) > 16:
        state, prompt = model.step(torch.tensor([prompt[:16]]), state).state, prompt[14:]
    written = []
    while len(written) < new_tokens and end not in written:
        hidden = model.read(torch.tensor([prompt + written]), state)
        written.append(int(model.logits(hidden[0, -1]).argmax()))
    return written


PROMPTS = [tokens(n, seed=n).tolist() for n in (3, 9, 16, 1, 40)]


def test_answers_are_those_of_reading_anew_each_row_alone(model):
    state = read(model, tokens(5, 30))
    written = generate(model, PROMPTS, state, 6)
    for row, prompt in enumerate(PROMPTS):
        own = rows(state, lambda x, row=row: x[row : row + 1])
        assert written[row] == anew(model, prompt, own, 6)
    assert len({tuple(row) for row in written}) > 1


def test_each_row_stops_at_its_end(model):
    state = read(model, tokens(5, 30))
    whole = generate(model, PROMPTS, state, 6)
    end = whole[1][2]
    stopped = generate(model, PROMPTS, state, 6, {end, 99_999})
    for full, row in zip(whole, stopped, strict=True):
        assert row == (full[: full.index(end) + 1] if end in full else full)


def test_the_state_handed_in_stays_as_it_is(model):
    state = read(model, tokens(5, 30))
    before = rows(state, torch.clone)
    generate(model, PROMPTS, state, 3)
    torch.testing.assert_close(state, before, rtol=0, atol=0)
    assert generate(model, PROMPTS, state, 0) == [[]] * 5


def test_an_answer_is_cut_where_positions_end(kind):
    model = tiny_memory(kind)  # 64 positions, of which 8 are kept for the memory
    prompts = [tokens(n).tolist() for n in (10, 15)]
    long = generate(model, prompts, model.init_state(2), 1000)
    assert [len(row) for row in long] == [64 - 8 + 1 - 10, 64 - 8 + 1 - 15]
    assert generate(model, prompts, model.init_state(2), 5) == [row[:5] for row in long]


def test_an_empty_prompt_is_refused(kind):
    model = tiny_memory(kind)
    with pytest.raises(UsageError, match="A prompt has no tokens"):
        generate(model, [[1], []], model.init_state(2), 3)
