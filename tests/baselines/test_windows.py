"""Windows of segments: what a bank holds after many at once is what it holds after one and another."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.memory.bank import MemoryBank
from baselines.memory.config import MemoryConfig
from baselines.memory.windows import Windows
from tests.baselines.tiny import tiny_base, tokens

SIZE = 10


def bank(kind: str = "gpt2", m: int = 1, n: int = 3) -> MemoryBank:
    config = MemoryConfig(kind="bank", memory_tokens=m, segment_size=SIZE, bank=n, token_shift=2)
    return MemoryBank(tiny_base(kind), config).eval()


@pytest.fixture(autouse=True)
def without_gradient():
    with torch.no_grad():
        yield


@given(
    m=st.integers(1, 2),
    n=st.integers(1, 5),
    lengths=st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)), max_size=9),
    held=st.integers(0, 6),
    padded=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_segments_written_all_at_once_are_those_written_one_after_the_other(m, n, lengths, held, padded):
    model = bank(m=m, n=n)
    state = model.init_state(2)
    for i in range(held):
        state = model.step(tokens(2, SIZE, seed=5 + i), state).state
    segments = tokens(len(lengths), 2, SIZE)
    mask = torch.arange(SIZE) < torch.tensor(lengths, dtype=torch.long).reshape(-1, 2, 1)
    together = Windows(model)(segments, state, mask if padded else None)
    for i, segment in enumerate(segments):
        state = model.step(segment, state, mask[i] if padded else None).state
    torch.testing.assert_close(together, state)


def test_a_row_that_is_not_let_in_is_left_exactly_as_it_is(kind):
    model = bank(kind)
    before = model.step(tokens(2, SIZE, seed=5), model.init_state(2)).state
    mask = torch.tensor([[True] * SIZE, [False] * SIZE]).expand(4, 2, SIZE)
    after = Windows(model)(tokens(4, 2, SIZE), before, mask)
    assert all(tensor[1].equal(before[name][1]) for name, tensor in after.items())
    assert after["weight"][0].eq(1).all()


def test_on_a_cpu_padding_is_not_computed(monkeypatch):
    """Segments as long as each other to within three tokens go together, and no more of them than the cache holds."""
    model, lengths, shapes = bank(), torch.arange(120) % (SIZE + 1), []
    write = model.write

    def seen(ids, mask):
        shapes.append(ids.shape)
        assert (ids.shape[1] - mask.sum(dim=1)).max() < 4
        return write(ids, mask)

    monkeypatch.setattr(model, "write", seen)
    Windows(model)(tokens(120, 1, SIZE), model.init_state(1), (torch.arange(SIZE) < lengths[:, None])[:, None])
    assert sum(rows for rows, _ in shapes) == lengths.gt(0).sum()
    assert {width for _, width in shapes} == {4, 8, SIZE}
    assert max(rows for rows, _ in shapes) == 32
