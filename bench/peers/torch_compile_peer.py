"""PyTorch with torch.compile on the CPU, in one process: forward and backward pass are C++ generated for the network."""

from serve import missing, require_fast_blas, serve

try:
    import torch
    from torch_training import Training

    torch.compile(lambda x: x + 1)(torch.zeros(8))
    about = f"PyTorch {torch.__version__}, torch.compile, {require_fast_blas()}\n{torch.__config__.show()}"
except ImportError as error:
    missing(error)
except Exception as error:  # no compiler, or one that it does not support
    missing(f"torch.compile does not work here: {type(error).__name__}: {error}".split("\n")[0])
else:
    serve(about, lambda workload, variant: Training(workload, variant, compiled=True))
