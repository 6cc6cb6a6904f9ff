"""PyTorch's DistributedDataParallel over gloo: one process per core, each with its part of the batch."""

import atexit
import os
import subprocess
import sys
import tempfile

from serve import missing, require_fast_blas, serve


def lines_for_all(others):
    """Standard input, passed on to the other ranks line by line."""
    for line in sys.stdin:
        for other in others:
            other.stdin.write(line)
            other.stdin.flush()
        yield line
    for other in others:
        other.stdin.close()


def remove(path):
    if os.path.exists(path):
        os.remove(path)


def available_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def main():
    rank, ranks = int(os.environ.get("RANK", "0")), int(os.environ.get("RANKS", available_cores()))
    meeting = os.environ.get("MEETING") or tempfile.mktemp(prefix="gradloom-ddp-")
    others = []
    if rank == 0:
        atexit.register(remove, meeting)  # for ranks that never meet
        for other in range(1, ranks):
            environment = {**os.environ, "RANK": str(other), "RANKS": str(ranks), "MEETING": meeting}
            others.append(subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, text=True, env=environment))
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=ranks)
    torch.distributed.barrier()
    if rank == 0:
        remove(meeting)  # all have joined; a rank that is killed later removes nothing
    lines = lines_for_all(others) if rank == 0 else sys.stdin
    about = f"PyTorch {torch.__version__} DDP, gloo, {ranks} processes, {require_fast_blas()}"
    serve(about, lambda workload, variant: Training(workload, variant, rank, ranks), lines, quiet=rank > 0)


try:
    import torch
    import torch.distributed
    from torch_training import Training

    torch.zeros(2, 2) @ torch.zeros(2, 2)
    if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        raise ImportError("this build of PyTorch has no gloo")
except ImportError as error:
    missing(error)
else:
    main()
