"""Decisions of a gate are counted against where the facts of a dataset stand."""

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from babilong.sample import Sample
from babilong.tokenizers import load_tokenizer
from baselines.memory.sentences import Block, SentenceCutter
from generators.dataset import open_dataset
from generators.recipe import Recipe
from generators.writer import generate

TOKENIZER = load_tokenizer()


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "gate_decisions.py"
    spec = importlib.util.spec_from_file_location("gate_decisions", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    books, out = (tmp_path_factory.mktemp("data") / name for name in ("books", "out"))
    books.mkdir()
    lines = (f"“On day {i} it rained – naïvely,” said Mr. Dorrit. She was {i} and asked: why?" for i in range(400))
    (books / "novel.txt").write_text("\n\n".join(lines), "utf-8")
    generate(Recipe(background=str(books)), ["qa1"], ["1k"], 2, out)
    return out


@pytest.fixture(scope="module")
def samples(folder) -> list[Sample]:
    return list(open_dataset(folder).samples("qa1", "1k"))


class FakeScanner:
    """Lets in the segments that `wanted` says."""

    cutter = SentenceCutter(TOKENIZER, 32)

    def __init__(self, wanted) -> None:
        self.wanted = wanted

    def blocks(self, pieces):
        return self.cutter.stream(pieces)

    def let_in(self, block: Block):
        parts = zip(*block, strict=True)
        return np.array([int(self.wanted(TOKENIZER.decode(ids[:n].tolist()).strip())) - 1 for ids, n in parts])


def reader(wanted):
    return SimpleNamespace(tokenizer=TOKENIZER, scanner=FakeScanner(wanted))


def sentences(sample: Sample) -> list[str]:
    found = []
    for block in FakeScanner.cutter.stream([TOKENIZER.encode(f" {sample.input}")]):
        found += [TOKENIZER.decode(ids[:n].tolist()).strip() for ids, n in zip(*block, strict=True)]
    return found


def test_a_gate_that_lets_all_in_misses_nothing(benchmark, samples):
    for sample in samples:
        total, facts = len(sentences(sample)), len(sample.facts)
        wanted = benchmark.Decisions(total, total, total - facts, facts, 0)
        assert benchmark.decide(reader(lambda text: True), sample) == wanted


def test_a_gate_that_lets_nothing_in_misses_all(benchmark, samples):
    for sample in samples:
        facts = len(sample.facts)
        wanted = benchmark.Decisions(len(sentences(sample)), 0, 0, facts, facts)
        assert benchmark.decide(reader(lambda text: False), sample) == wanted


def test_a_gate_is_right_where_the_facts_are(benchmark, samples):
    for sample in samples:
        facts = len(sample.facts)
        right = benchmark.decide(reader(lambda text, sample=sample: text in sample.facts), sample)
        assert right[1:] == (facts, 0, facts, 0)
        wrong = benchmark.decide(reader(lambda text, sample=sample: text not in sample.facts), sample)
        assert wrong[2:] == (wrong.let_in, facts, facts)


def test_letters_of_several_bytes_do_not_move_a_fact(benchmark):
    text = "“Señor,” he said – “naïve.” Mary went to the garden. Было поздно. John moved to the office."
    facts = ("Mary went to the garden.", "John moved to the office.")
    offsets = tuple(text.index(fact) for fact in facts)
    sample = SimpleNamespace(input=text, facts=facts, fact_offsets=offsets)
    decisions = benchmark.decide(reader(lambda text: text in facts), sample)
    assert decisions[1:] == (2, 0, 2, 0)


def test_what_stands_before_where_a_segment_is_let_in_is_not_read(benchmark):
    text = "Était-ce ici? CHAPTER IX Mary went to the garden. It rained."
    facts = ("Mary went to the garden.",)
    sample = SimpleNamespace(input=text, facts=facts, fact_offsets=(text.index(facts[0]),))
    found = []
    for skipped in range(1, 8):
        # Lets in the second segment from its token `skipped` on.
        decisions = benchmark.decide(reader(lambda text, n=skipped: (n + 1) * text.startswith("CHAPTER")), sample)
        found.append((decisions.let_in, decisions.false, decisions.missed))
    at = TOKENIZER.count(" CHAPTER IX")
    assert found == [(1, 0, 0)] * at + [(1, 1, 1)] * (7 - at)


def test_a_row_of_the_table_sums_a_cell_up(benchmark, samples, folder):
    (row,) = benchmark.rows(reader(lambda text: True), folder)
    facts = sum(len(sample.facts) for sample in samples)
    total = sum(len(sentences(sample)) for sample in samples)
    assert row.split()[:6] == ["qa1", "1k", "2", str(total), str(total), str(total - facts)]
    assert row.split()[8:10] == [str(facts), "0"]


def test_where_every_segment_holds_a_fact_none_can_be_let_in_falsely(benchmark, tmp_path):
    generate(Recipe(), ["qa1"], ["0k"], 2, tmp_path / "data")
    (row,) = benchmark.rows(reader(lambda text: True), tmp_path / "data")
    assert row.split()[5:8] == ["0", "-", "-"]
