from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.lengths import name, tokens
from generators.units import FILE_BYTES, MOST_ROWS, Shard, Unit, divide, parse_shard

LENGTHS = st.integers(0, 11_000_000).map(name)


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 5_000))
def test_every_row_is_in_one_file(length: str, samples: int) -> None:
    units = divide("qa1", length, samples)
    assert [row for unit in units for row in range(unit.start, unit.stop)] == list(range(samples))
    rows = [unit.rows for unit in units]
    assert max(rows) - min(rows) <= 1 and min(rows) >= 1 and max(rows) <= MOST_ROWS
    assert max(rows) == 1 or max(rows) * tokens(length) * 4.5 <= FILE_BYTES
    assert len({unit.path("parquet") for unit in units}) == len(units)


@settings(deadline=None)
@given(
    st.lists(st.tuples(LENGTHS, st.integers(1, 300)), min_size=1, max_size=6, unique_by=lambda cell: cell[0]),
    st.integers(1, 9),
)
def test_shards_share_the_work(cells: list[tuple[str, int]], jobs: int) -> None:
    units = [unit for length, samples in cells for unit in divide("qa1", length, samples)]
    shares = [Shard(number, jobs).of(units) for number in range(1, jobs + 1)]
    place = {unit: i for i, unit in enumerate(units)}
    assert sorted((unit for share in shares for unit in share), key=place.__getitem__) == units
    assert all(share == sorted(share, key=place.__getitem__) for share in shares)
    costs = [sum(unit.cost for unit in share) for share in shares]
    assert max(costs) - min(costs) <= max(unit.cost for unit in units)


def test_paths() -> None:
    assert [unit.path("parquet") for unit in divide("qa2", "128k", 100)] == [
        "128k/qa2-00000-of-00002.parquet",
        "128k/qa2-00001-of-00002.parquet",
    ]
    assert Unit("qa1", "11M", 100, 7).path("jsonl") == "11M/qa1-00007-of-00100.jsonl"
    assert len(divide("qa1", "0k", 1_000)) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0/8", "no shard 0/8; they go from 1/8 to 8/8"),
        ("9/8", "no shard 9/8; they go from 1/8 to 8/8"),
        ("1/0", "among 0 jobs"),
        ("-1/8", "Unknown shard '-1/8'; write 1/8"),
        ("3", "Unknown shard '3'; write 1/8"),
        ("a/b", "Unknown shard"),
    ],
)
def test_bad_shards(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_shard(text)
    assert parse_shard(" 3/8") == Shard(3, 8)
