"""Names of lengths, lists and ranges of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babilong.errors import UsageError
from babilong.lengths import MAX_TOKENS, STANDARD, name, parse_lengths, tokens


@given(st.integers(0, MAX_TOKENS))
def test_a_name_stands_for_its_tokens(count: int) -> None:
    assert tokens(name(count)) == count


@given(st.lists(st.integers(0, MAX_TOKENS), min_size=1))
def test_a_list_gives_each_length_once_in_order(counts: list[int]) -> None:
    assert parse_lengths([str(count) for count in counts]) == tuple(map(name, dict.fromkeys(counts)))


def test_standard_lengths_ascend_and_are_their_own_names() -> None:
    assert [name(tokens(length)) for length in STANDARD] == list(STANDARD)
    assert list(STANDARD) == sorted(STANDARD, key=tokens) and tokens(STANDARD[-1]) == MAX_TOKENS


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0k", 0),
        ("128k", 128_000),
        ("128K", 128_000),
        ("1m", 1_000_000),
        ("1.5M", 1_500_000),
        ("0.5k", 500),
        ("16.1k", 16_100),
        ("2.01M", 2_010_000),
        (" 77 ", 77),
    ],
)
def test_ways_to_write_a_length(text: str, count: int) -> None:
    assert tokens(text) == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Unknown length"),
        ("k", "Unknown length"),
        ("-1k", "Unknown length"),
        ("1e6", "Unknown length"),
        ("1.0005k", "not a whole number"),
        ("12M", "over 11M"),
        ("9" * 400, "over 11M"),
    ],
)
def test_what_is_no_length_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        tokens(text)


def test_ranges_run_over_the_standard_grid() -> None:
    assert parse_lengths("0k-11M") == STANDARD
    assert parse_lengths("3k-9k,4k") == ("3k", "4k", "8k", "9k")
    assert parse_lengths("1000k 1M") == ("1M",)
    for spec, message in {"8k-4k": "runs backwards", " , ": "No length given", "4k-": "Unknown length ''"}.items():
        with pytest.raises(UsageError, match=message):
            parse_lengths(spec)
