"""PyTorch on the CPU, in one process."""

from serve import missing, require_fast_blas, serve

try:
    import torch
    from torch_training import Training

    torch.zeros(2, 2, dtype=torch.float64) @ torch.zeros(2, 2, dtype=torch.float64)
    about = f"PyTorch {torch.__version__}, {require_fast_blas()}\n{torch.__config__.show()}"
except ImportError as error:
    missing(error)
else:
    serve(about, Training)
