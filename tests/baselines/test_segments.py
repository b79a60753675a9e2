import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import UsageError
from baselines.memory import segments

SIZES = st.integers(2, 20).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


@given(length=st.integers(1, 300), sizes=SIZES)
def test_every_token_is_read_and_only_the_last_segment_is_short(length, sizes):
    size, overlap = sizes
    spans = segments.bounds(length, size, overlap)
    assert len(spans) == segments.count(length, size, overlap)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(end - start == size for start, end in spans[:-1])
    assert all(before[1] - after[0] == overlap for before, after in zip(spans, spans[1:], strict=False))


@given(length=st.integers(1, 300), sizes=SIZES, data=st.data())
def test_a_stream_in_pieces_is_cut_as_the_whole(length, sizes, data):
    size, overlap = sizes
    ids = list(range(length))
    cuts = sorted(data.draw(st.lists(st.integers(0, length), max_size=10)))
    pieces = [ids[a:b] for a, b in zip([0, *cuts], [*cuts, length], strict=True)]
    streamed = [segment.tolist() for segment in segments.stream(pieces, size, overlap)]
    assert streamed == [ids[start:end] for start, end in segments.bounds(length, size, overlap)]


def test_an_empty_text_has_one_empty_segment():
    assert segments.bounds(0, 8, 2) == [(0, 0)]
    assert [len(s) for s in segments.stream([], 8, 2)] == [0]
    assert np.concatenate(list(segments.stream([[]], 8, 2))).size == 0


@given(length=st.integers(0, 300), sizes=SIZES, alignment=st.sampled_from(segments.ALIGNMENTS))
def test_segments_without_what_they_share_are_the_sequence(length, sizes, alignment):
    size, overlap = sizes
    ids = list(range(length))
    spans = segments.bounds(length, size, overlap, alignment)
    assert len(spans) == segments.count(length, size, overlap)
    assert [i for n, (start, end) in enumerate(spans) for i in ids[start + overlap * (n > 0) : end]] == ids
    lengths = [end - start for start, end in spans]
    assert max(lengths) <= size
    assert min(lengths) > overlap or len(lengths) == 1


@given(length=st.integers(1, 300), sizes=SIZES)
def test_where_the_short_segment_stands(length, sizes):
    size, overlap = sizes
    right, center = (
        [end - start for start, end in segments.bounds(length, size, overlap, alignment)]
        for alignment in ("right", "center")
    )
    assert all(n == size for n in right[1:])
    assert max(center) - min(center) <= 1


@given(n=st.integers(1, 20))
def test_orders_of_segments(n):
    order = {name: order(n) for name, order in segments.ORDERS.items()}
    assert order["regular"] == sorted(order["reversed"])
    assert order["reversed"][0] == n - 1
    assert order["bidirectional"] == order["regular"] + order["reversed"][1:]
    assert order["repeat_first"] == [*order["regular"], 0]


def test_an_unknown_alignment_is_refused():
    with pytest.raises(UsageError, match="Unknown alignment of segments 'centre'; did you mean center"):
        segments.bounds(9, 4, 0, "centre")
