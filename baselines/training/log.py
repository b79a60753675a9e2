"""What a run tells of itself.

OUT/train.jsonl, OUT/valid.jsonl    a line each time
OUT/tensorboard/steps, .../samples  the same for TensorBoard, by steps and by samples
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KINDS = ("train", "valid")


class RunLog:
    """The log of a run folder.

    Args:
        out: the run folder.
        step: where the run begins or goes on; what was logged of later steps, before a kill, is dropped.
        samples: read until there.
        tensorboard: whether to write for TensorBoard.
    """

    def __init__(self, out: Path, step: int, samples: int, tensorboard: bool) -> None:
        self.out = out
        out.mkdir(parents=True, exist_ok=True)
        for file in filter(Path.is_file, (out / f"{kind}.jsonl" for kind in _KINDS)):
            lines = [line for line in file.read_text("utf-8").splitlines(keepends=True) if _is_until(line, step)]
            file.write_text("".join(lines), encoding="utf-8")
        self._boards: list[Any] = []
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            # One each, since what is dropped is dropped by the number on the axis.
            self._boards = [
                SummaryWriter(str(out / "tensorboard" / axis), purge_step=done + 1)
                for axis, done in (("steps", step), ("samples", samples))
            ]

    def write(self, kind: str, step: int, samples: int, stage: str, values: Mapping[str, float]) -> None:
        """A line of `kind`, `train` or `valid`, after so many steps and samples."""
        line = {"step": step, "stage": stage, **values, "samples": samples}
        with (self.out / f"{kind}.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        for board, place in zip(self._boards, (step, samples), strict=False):
            for name, value in values.items():
                board.add_scalar(f"{kind}/{name}", value, place)
            board.flush()

    def close(self) -> None:
        """Close the files of TensorBoard."""
        for board in self._boards:
            board.close()


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    from importlib.util import find_spec

    return find_spec("tensorboard") is not None


def _is_until(line: str, step: int) -> bool:
    """Whether a line is whole and tells of a step that the run will not do again."""
    try:
        return bool(json.loads(line)["step"] <= step)
    except (ValueError, KeyError, TypeError):
        return False
