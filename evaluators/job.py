"""What a run asks, and of whom: the model, the samples in their order, the prompts; nothing is written here.

Example::

    job = Job(model, dataset, dataset.cells, load_prompts(), limit=100)
    for sample in job.samples(done={}, known={}):
        request = job.request(sample)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from babilong import lengths
from babilong.errors import DataError
from babilong.prompts import PromptSet
from babilong.sample import Sample
from evaluators.models.protocol import Model, Request
from evaluators.records import Record, fingerprint
from evaluators.sharding import is_mine
from generators.dataset import Dataset
from generators.manifest import load_manifest
from generators.units import Shard

ALL = Shard()


@dataclass(frozen=True)
class Job:
    """What is to be answered, and by whom.

    Attributes:
        model: who answers.
        dataset: where the samples are from.
        cells: pairs of task and length.
        prompts: the prompts, for models that read them.
        limit: at most so many samples a cell, the first ones; None for all.
        protocol: name of the protocol (see `evaluators.protocols`).
    """

    model: Model
    dataset: Dataset
    cells: Sequence[tuple[str, str]]
    prompts: PromptSet
    limit: int | None = None
    protocol: str = "v2"

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the answers."""
        return {
            "protocol": self.protocol,
            "model": self.model.describe(),
            "prompts": self.prompts.hash if self.model.prompted else None,
            "samples": self.dataset.manifest.recipe_hash,
        }

    @property
    def dataset_words(self) -> dict[str, Any]:
        """Where the samples are from, for the run's record."""
        manifest = self.dataset.manifest
        return {"recipe": dict(manifest.recipe), "parts": dict(manifest.fingerprints), "generated_by": manifest.version}

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each cell, by `task/length`."""
        return {f"{task}/{length}": self.dataset.fingerprint(task, length) for task, length in self.cells}

    @cached_property
    def sizes(self) -> dict[tuple[str, str], int]:
        """How many samples are asked of each cell, short lengths first, so that results show early."""
        ordered = sorted(self.cells, key=lambda cell: lengths.tokens(cell[1]))
        rows = {cell: self.dataset.rows(*cell) for cell in ordered}
        return {cell: count if self.limit is None else min(count, self.limit) for cell, count in rows.items()}

    def left(self, done: Mapping[str, Record]) -> dict[tuple[str, str], int]:
        """How many samples of each cell are not done, at most: where a dataset leaves numbers out, done ones may count.

        0 is certain: only samples numbered below the size of the cell count as done, and there are no more of them.
        """
        cells = ((record, (record.task, record.length)) for record in done.values())
        counts = Counter(cell for record, cell in cells if record.index < self.sizes.get(cell, 0))
        return {cell: size - counts[cell] for cell, size in self.sizes.items()}

    def samples(self, done: Mapping[str, Record], known: Mapping[str, str], shard: Shard = ALL) -> Iterator[Sample]:
        """The samples of a shard that are not done; cells that are done and unchanged are not read again.

        Args:
            done: records by sample id.
            known: fingerprints of the cells when they were last asked.
            shard: whose samples.

        Raises:
            DataError: a sample that is done is another one now, or the dataset is being made anew.
        """
        first = 0
        for (task, length), left in self.left(done).items():
            if left or known.get(f"{task}/{length}") != self.fingerprints[f"{task}/{length}"]:
                self._check_still_there(task, length)
                for position, sample in enumerate(self.dataset.samples(task, length, limit=self.limit), first):
                    record = done.get(sample.id)
                    if record is not None:
                        self._check_same(record, sample)
                    elif is_mine(shard, position):
                        yield sample
            first += self.sizes[task, length]

    def request(self, sample: Sample, states: Path | None = None) -> Request:
        """The sample as a request, with its prompt if the model reads one.

        Args:
            sample: what is asked.
            states: folder in which a model may keep how far it has read, or None.
        """
        frame = self.prompts.frame(sample.task, sample.question) if self.model.prompted else ("", "")
        state_file = states / state_name(sample.id) if states else None
        return Request(
            sample.id, sample.task, sample.length, sample.input, sample.question, *frame, sample.labels, state_file
        )

    def _check_still_there(self, task: str, length: str) -> None:
        """Whether the manifest on the disk is still the one of the open dataset; runs take days."""
        cell = load_manifest(self.dataset.folder).cell(task, length)
        if cell is None or cell != self.dataset.manifest.cell(task, length):
            raise DataError(
                f"The samples of {task} at {length} in {self.dataset.folder} were made anew while this run was at "
                f"work; give the same command again."
            )

    def _check_same(self, record: Record, sample: Sample) -> None:
        now = (fingerprint(sample), sample.question, sample.target)
        if (record.sample or now[0], record.question, record.target) != now:
            raise DataError(
                f"The dataset {self.dataset.folder} has changed: {sample.id} is not the sample that was answered "
                f"before; choose another folder with --results, or start anew with --no-resume."
            )


def state_name(sample: str) -> str:
    """The file that holds how far a sample has been read.

    Example:
        >>> state_name("qa1/10M/7")
        'qa1-10M-7.safetensors'
    """
    return f"{sample.replace('/', '-')}.safetensors"
