"""How the time of an epoch grows with depth and width: `python -m benchmarks.growth [--write]`.

A tanh network with softmax cross-entropy and plain SGD, 8 batches of 64 rows, one thread: ours, ours captured, PyTorch
and JAX. Peers take turns as in benchmarks.run, after their losses and gradients were compared. Quoted is the fastest
slice, which is nearest to a quiet machine. `--write` renews benchmarks/growth.md and its picture.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from benchmarks.run import BEGIN, END, Worker, available, compare, duration, machine

FOLDER = Path(__file__).parent
DEPTHS, WIDTHS = (1, 2, 5, 10, 20, 50, 100), (8, 32, 128, 512, 2048)
DEPTH, WIDTH = 3, 64  # what the other one is measured at
PEERS = {"ours": "ours", "captured": "ours, captured", "torch": "PyTorch", "jax": "JAX, jit"}

Row = tuple[int, int, dict[str, float]]  # hidden layers, units in each, a peer's seconds for an epoch


def measured(depth: int, width: int, slices: int, seconds: float) -> dict[str, float]:
    """The fastest epoch of each peer that is installed."""
    with contextlib.ExitStack() as stack:
        workers = {}
        for peer in filter(available, PEERS):
            workers[peer] = Worker(f"growth:{depth}:{width}", peer, 1)
            stack.callback(workers[peer].close)
        compare(workers)
        found: dict[str, list[float]] = {peer: [] for peer in workers}
        for k in range(slices + 1):
            for peer in workers if k % 2 == 0 else reversed(workers):
                found[peer].append(float(workers[peer].ask(f"time {seconds}").split()[0]))
    return {peer: min(times[1:]) for peer, times in found.items()}


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    peers = [peer for peer in PEERS if peer in rows[0][2]]
    lines = ["| hidden layers | width | " + " | ".join(PEERS[peer] for peer in peers) + " | captured / PyTorch |"]
    lines.append("|---" * (len(peers) + 3) + "|")
    for depth, width, times in rows:
        ratio = f"{times['captured'] / times['torch']:.2f}" if "torch" in times else ""
        lines.append(f"| {depth} | {width} | " + " | ".join(duration(times[p]) for p in peers) + f" | {ratio} |")
    return "\n".join(lines)


def draw(by_depth: list[Row], by_width: list[Row], file: Path) -> None:
    """Both curves, on logarithmic axes, as SVG or PNG by the name's end."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    from nn.plots import set_style

    set_style()
    mpl.rcParams["svg.hashsalt"] = "growth"  # the same names in every file
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    titles = (f"by depth, {WIDTH} units wide", f"by width, {DEPTH} hidden layers")
    for ax, rows, at, title in zip(axes, (by_depth, by_width), (0, 1), titles, strict=True):
        for (peer, name), marker in zip(PEERS.items(), "osD^", strict=False):
            if peer in rows[0][2]:
                ax.loglog([row[at] for row in rows], [row[2][peer] * 1e3 for row in rows], marker=marker, label=name)
        ax.set(title=title, xlabel=("hidden layers", "units in each hidden layer")[at])
        ticks = [row[at] for row in rows]
        ax.set_xticks(ticks, labels=map(str, ticks))
        ax.minorticks_off()
    axes[0].set_ylabel("milliseconds an epoch")
    axes[0].legend()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)


def page(text: str, renewed: str) -> str:
    """The page with what is between its marks renewed."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{renewed}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=DEPTHS, help="hidden layers")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS, help="units in each hidden layer")
    parser.add_argument("--slices", type=int, default=5, help="turns of each peer")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a turn")
    parser.add_argument("--write", action="store_true", help="renew growth.md and growth.svg")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they are")
    options = parser.parse_args(arguments)
    if min(*options.depths, *options.widths, options.slices) < 1 or options.seconds <= 0:
        parser.error("--depths, --widths and --slices must be at least 1, --seconds more than 0.")
    curves: list[list[Row]] = []
    for sizes in ([(depth, WIDTH) for depth in options.depths], [(DEPTH, width) for width in options.widths]):
        curves.append([])
        for depth, width in sizes:
            print(f"{depth} hidden layers of {width} …", file=sys.stderr, flush=True)
            curves[-1].append((depth, width, measured(depth, width, options.slices, options.seconds)))
    text = "\n\n".join([*map(table, curves), f"{machine()}, one thread; `python -m benchmarks.growth --write`."])
    print(text)
    if options.write:
        file = options.folder / "growth.md"
        file.write_text(page(file.read_text(), text))
        draw(curves[0], curves[1], options.folder / "growth.svg")


if __name__ == "__main__":
    main()
