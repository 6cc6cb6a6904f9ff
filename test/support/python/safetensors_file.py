"""safetensors by the format's documentation: the package is not in Debian."""

import json
import struct

import torch

NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
TYPES = {name: dtype for dtype, name in NAMES.items()}


def save(path, tensors):
    header, parts, end = {"__metadata__": {"format": "pt"}}, [], 0
    # Sorted by name, as the package writes them.
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        part = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        offsets = [end, end + len(part)]
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        parts.append(part)
        end += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def load(path):
    with open(path, "rb") as file:
        whole = file.read()
    (length,) = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(whole[begin:end]), dtype=TYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors
