"""The Ray engine: units made by a Ray cluster, or by processes that Ray starts on this machine.

Example::

    for part in on_ray(workers=2)(kitchen, orders, staging):
        print(part.file.path)

Ray gives the work of a worker or a machine that is lost to another. The dataset folder, and what the recipe reads from
folders, must lie where every machine of the cluster sees them under the same path.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from babilong.errors import BabilongError, DataError, UsageError, first_sentence
from generators.engines import Engine, Order, Parts, check_workers, make_elsewhere
from generators.kitchen import Kitchen
from generators.recipe import Recipe
from generators.staging import Part, Staging

RETRIES = 5  # of a unit whose worker was lost


def on_ray(workers: int | None = None, address: str | None = None) -> Engine:
    """A Ray cluster.

    Args:
        workers: processes on this machine where no cluster is given; None for one a CPU.
        address: of a cluster that is running; None for `RAY_ADDRESS`, and where that is not set for this machine alone.

    Raises:
        UsageError: Ray is not installed, there is no cluster at the address, or fewer than one worker is asked for, or
            any of a cluster.
        DataError: workers are lost again and again; raised by the engine.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed; run `pip install babilong[ray]`, or leave out --engine ray.") from error
    check_workers(workers)
    cluster = address or os.environ.get("RAY_ADDRESS")
    if workers is not None and cluster not in (None, "local"):
        raise UsageError("A Ray cluster says itself how many processes it has; leave out --workers.")

    def run(kitchen: Kitchen, orders: Sequence[Order], staging: Staging) -> Parts:
        _start(ray, cluster, workers)
        try:
            # A unit takes seconds and returns a few numbers: Ray's own defaults do for the rest.
            remote = ray.remote(max_retries=RETRIES)(_make_there)
            shared = ray.put((kitchen.recipe, kitchen.recipe_hash, staging, Path.cwd()))
            waiting = [remote.remote(shared, order) for order in orders]
            while waiting:
                done, waiting = ray.wait(waiting)
                yield ray.get(done[0])
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, BabilongError | OSError):
                raise error.cause from error
            raise
        except ray.exceptions.RayError as error:
            raise DataError(
                f"Ray has lost its workers {RETRIES + 1} times over one file ({first_sentence(error)}); {staging.out} "
                "keeps what was finished: run the same command again."
            ) from error
        finally:
            ray.shutdown()

    return run


def _start(ray: Any, cluster: str | None, workers: int | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False, "configure_logging": True}
    if cluster is None or cluster == "local":
        ray.init("local", num_cpus=workers, include_dashboard=False, object_store_memory=256 << 20, **quiet)
        return
    try:
        _knock(cluster)
        ray.init(cluster, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or first_sentence(error)[:-1]
        raise UsageError(
            f"No Ray cluster at {cluster} ({reason}); start one with `ray start --head`, or name "
            "another with --ray-address."
        ) from error


def _knock(cluster: str) -> None:
    """Fail at once where nobody answers at `host:port`; Ray would try for many minutes."""
    host, colon, port = cluster.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()


def _make_there(shared: tuple[Recipe, str, Staging, Path], order: Order) -> Part:
    recipe, recipe_hash, staging, folder = shared
    os.chdir(folder)  # paths are as the one who started the run wrote them
    return make_elsewhere(recipe, recipe_hash, order, staging)
