"""The folder of a run: where it lies, what names it, and its run.yaml.

The run-id is a hash of what decides the answers: the model with its decoding, the prompts, the protocol, and the
recipe of the samples. Which tasks, lengths and how many samples are asked is no part of it, so the same command with
more lengths goes on in the same folder, and one with another model or prompt starts a new one.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babilong import plain_yaml
from babilong.errors import DataError
from babilong.files import write_whole
from babilong.locks import waiting_for

PACKAGES = ("babilong", "torch", "transformers", "tokenizers", "numpy", "pyarrow", "openai")


def run_folder(results: Path, model: str, identity: Mapping[str, Any]) -> Path:
    """`RESULTS/<model>/<run-id>` of what decides the answers.

    Example:
        >>> run_folder(Path("runs"), "hf/org/name", {"seed": 1}).as_posix()
        'runs/hf-org-name/3ba2942ab89f'
    """
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return results / slug(model) / hashlib.sha256(text.encode()).hexdigest()[:12]


def slug(model: str) -> str:
    """A model's name as the name of a folder, whatever it holds.

    Example:
        >>> slug("hf/../org/na me")
        'hf-..-org-na-me'
    """
    return re.sub(r"[^\w.-]+", "-", model, flags=re.ASCII).strip(".-")[-100:] or "model"


def write_run(folder: Path, identity: Mapping[str, Any], dataset: Mapping[str, Any], cells: Mapping[str, str]) -> None:
    """Write run.yaml: what decides the answers, the samples' source, and where and when each call ran.

    Args:
        folder: the run's folder.
        identity: what its run-id is made of.
        dataset: where the samples are from.
        cells: fingerprints of the cells that are asked; those of earlier calls are kept until `confirm_cells`.
    """
    call = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": versions(),
        "machine": machine(),
    }
    with waiting_for(folder / ".lock"):  # the processes of one run come here together
        old = read_run(folder)
        run = {
            "run": folder.name,
            **identity,
            "dataset": dict(dataset),
            "cells": {**cells, **old.get("cells", {})},
            "calls": [*old.get("calls", []), call],
        }
        _write(folder, run)


def confirm_cells(folder: Path, cells: Mapping[str, str]) -> None:
    """Keep the fingerprints of cells whose samples were all found to be those that were answered before."""
    with waiting_for(folder / ".lock"):
        run = read_run(folder)
        if not cells.items() <= run.get("cells", {}).items():
            _write(folder, {**run, "cells": {**run.get("cells", {}), **cells}})


def _write(folder: Path, run: Mapping[str, Any]) -> None:
    import yaml

    write_whole(folder / "run.yaml", yaml.safe_dump(dict(run), sort_keys=False, allow_unicode=True).encode())


def read_run(folder: Path) -> dict[str, Any]:
    """What run.yaml says; empty where there is none, and without `cells` or `calls` that are not what they should be.

    Raises:
        DataError: it is not YAML any more.
    """
    import yaml

    path = folder / "run.yaml"
    try:
        found = plain_yaml.load(path.read_text("utf-8")) if path.is_file() else None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"The file {path} is broken; delete it, and the same command writes it again.") from error
    found = found if isinstance(found, dict) else {}
    kinds = {"cells": dict, "calls": list}
    return {key: value for key, value in found.items() if isinstance(value, kinds.get(key, object))}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that have a say in the answers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """What the run ran on; no names of people or hosts."""
    found: dict[str, Any] = {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()}
    torch = sys.modules.get("torch")  # only asked where the model has loaded it
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found
