#!/usr/bin/env python3
"""The networks of `cargo bench -p npe-bench --bench engine` in PyTorch eager, as a person would write them: prints
`NETWORK THREADS WHAT MEDIAN_MS` lines. Usage: torch_eager.py WIDTH HIDDEN LATENTS THREADS [SECONDS]."""

import statistics
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("torch_eager.py needs PyTorch (pip install torch); set PYTHON to a Python that has it")

def network(width, hidden, latents):
    """Encoder and decoder with batch norm folded, as npe's model files have them."""
    ch = [3, width, 2 * width, 4 * width, 8 * width]
    encoder = []
    for i in range(4):
        encoder += [nn.Conv2d(ch[i], ch[i + 1], 5, 2, 2), nn.LeakyReLU(0.2)]
    encoder += [nn.Flatten(), nn.Linear(ch[4] * 16, hidden), nn.ELU(), nn.Linear(hidden, latents)]
    decoder = [nn.Linear(latents, ch[4] * 16), nn.ReLU(), nn.Unflatten(1, (ch[4], 4, 4))]
    for i in range(4, 1, -1):
        decoder += [nn.ConvTranspose2d(ch[i], ch[i - 1], 5, 2, 2, 1), nn.ReLU()]
    decoder += [nn.ConvTranspose2d(ch[1], 3, 5, 2, 2, 1), nn.Tanh()]
    return nn.Sequential(*encoder).eval().requires_grad_(False), nn.Sequential(*decoder).eval().requires_grad_(False)


def median_ms(call, seconds):
    for _ in range(3):
        call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main():
    width, hidden, latents, threads = (int(a) for a in sys.argv[1:5])
    seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 2.0
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    encoder, decoder = network(width, hidden, latents)
    z0 = torch.sin(torch.arange(latents) * 0.7)[None]
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    weight = torch.zeros(64, 64)
    weight[12:29, 12:29] = 1
    colour = torch.full((3, 64, 64), -0.8)

    def encode():
        with torch.no_grad():
            encoder(image)

    def decode():
        with torch.no_grad():
            decoder(z0)

    def stroke():
        # The graph of the first decode serves the gradient; only z wants one.
        z = z0.clone().requires_grad_(True)
        shown = decoder(z)[0]
        loss = (weight * (shown - colour) ** 2).sum() / (3 * weight.sum())
        (gradient,) = torch.autograd.grad(loss, z)
        with torch.no_grad():
            decoder(z - 0.9 * gradient)

    for name, call in [("encode", encode), ("decode", decode), ("stroke", stroke)]:
        print(f"width{width} {threads} {name} {median_ms(call, seconds):.3f}", flush=True)


if __name__ == "__main__":
    main()
