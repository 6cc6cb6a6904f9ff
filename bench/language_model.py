"""Loss against seconds of a small GPT in PyTorch: nanoGPT's published configuration for a processor, on a text.

Usage: python3 bench/language_model.py kjv.txt [threads]. Each line is the seconds since the first step, and the loss
per character on the whole last tenth of the text, beside `train --dataset kjv.txt --minutes 1` of docs/writing.md.
"""

import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CONTEXT, BATCH, STEPS, WIDTH, HEADS, BLOCKS = 64, 12, 2000, 128, 4, 4
RATE, WARMUP, EVALUATE_EVERY = 1e-3, 100, 250


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        parts = (part.view(B, T, HEADS, C // HEADS).transpose(1, 2) for part in self.qkv(self.norm1(x)).split(C, dim=2))
        attended = F.scaled_dot_product_attention(*parts, is_causal=True)
        x = x + self.out(attended.transpose(1, 2).reshape(B, T, C))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                is_last = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * BLOCKS) if is_last else 0.02)

    def forward(self, x, t):
        h = self.norm(self.blocks(self.tokens(x) + self.positions.weight[: x.shape[1]]))
        return F.cross_entropy((h @ self.tokens.weight.T).flatten(0, 1), t.flatten())


def rate_at(step):
    if step < WARMUP:
        return RATE * (step + 1) / (WARMUP + 1)
    return 0.1 * RATE + 0.45 * RATE * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def evaluate(model, tokens):
    windows = (len(tokens) - 1) // CONTEXT
    x, t = (tokens[k : k + windows * CONTEXT].view(windows, CONTEXT) for k in (0, 1))
    with torch.no_grad():
        losses = [model(a, b) * len(a) for a, b in zip(x.split(256), t.split(256))]
    return float(sum(losses)) / windows


def main():
    text = open(sys.argv[1], encoding="utf8").read()
    if len(sys.argv) > 2:
        torch.set_num_threads(int(sys.argv[2]))
    torch.manual_seed(0)
    letters = {letter: k for k, letter in enumerate(sorted(set(text)))}
    tokens = torch.tensor([letters[letter] for letter in text])
    train, last = tokens.split([len(tokens) * 9 // 10, len(tokens) - len(tokens) * 9 // 10])
    model = Gpt(len(letters))
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99), fused=True)
    start = time.monotonic()
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = rate_at(step)
        first = torch.randint(len(train) - CONTEXT, (BATCH,))
        x, t = (torch.stack([train[k + shift : k + shift + CONTEXT] for k in first]) for shift in (0, 1))
        loss = model(x, t)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % EVALUATE_EVERY == 0:
            print(f"{time.monotonic() - start:.1f} s, {step + 1} steps: {evaluate(model, last):.3f}", flush=True)


main()
