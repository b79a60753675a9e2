"""One cache for a whole test run, so that nothing is tokenised twice; a share of the cores a worker; working Ctrl-C."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# The workers of a run share the cores: with a thread for every core in each of them, most would wait for one another.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    _SHARE = max(1, (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(_SHARE))

# Whoever is started in the background of a script ignores interruptions, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own below one of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "babilong-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BABILONG_CACHE", str(folder))
        yield folder
