"""Many processes on one run: which samples are whose, in which file each writes, and how they wait for each other.

Example::

    shard = within(Shard(2, 4), launched())            # job 2 of an array of 4, each perhaps of several processes
    samples_file(shard)                                # "samples-00002-of-00004.jsonl"
    is_mine(shard, position=1)                         # True: the second sample of every four

Nothing is sent between the processes: a sample's place in the run says who answers it, and whatever any file of the
run folder holds is done, so that a run can go on with another number of processes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta

from babilong.errors import UsageError
from generators.units import Shard

# How long the first process waits for the others of its launch; the launcher ends it sooner if one of them fails.
_PATIENCE = timedelta(days=30)


def launched(environment: Mapping[str, str] = os.environ) -> Shard:
    """This process among those that torchrun or `accelerate launch` started together; the only one without them.

    Raises:
        UsageError: the environment is not as a launcher sets it.
    """
    rank, size = environment.get("RANK", "0"), environment.get("WORLD_SIZE", "1")
    if not (rank.isdecimal() and size.isdecimal() and int(rank) < int(size)):
        raise UsageError(
            f"RANK is {rank!r} and WORLD_SIZE {size!r}, which no launcher sets; unset them, or use accelerate launch."
        )
    if int(size) > 1 and not environment.keys() >= {"MASTER_ADDR", "MASTER_PORT"}:
        raise UsageError(
            f"WORLD_SIZE is {size!r}, but no MASTER_ADDR and MASTER_PORT say where its processes meet; start them with "
            f"accelerate launch, or unset RANK and WORLD_SIZE and divide the work with --shard."
        )
    return Shard(int(rank) + 1, int(size))


def within(job: Shard, process: Shard) -> Shard:
    """The part of one process of one job of an array."""
    return Shard((job.number - 1) * process.jobs + process.number, job.jobs * process.jobs)


def is_mine(shard: Shard, position: int) -> bool:
    """Whether a shard answers the sample at this place in the order of the run."""
    return position % shard.jobs == shard.number - 1


def samples_file(shard: Shard) -> str:
    """The file that a shard appends to."""
    return "samples.jsonl" if shard.jobs == 1 else f"samples-{shard.number:05}-of-{shard.jobs:05}.jsonl"


def wait_for_everyone(environment: Mapping[str, str] = os.environ) -> None:
    """Return once all processes of this launch have come here; at once if there is only one."""
    if launched(environment).jobs > 1:
        import torch.distributed as group

        group.init_process_group("gloo", timeout=_PATIENCE)
        group.barrier()
        group.destroy_process_group()
