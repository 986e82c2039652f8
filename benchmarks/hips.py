"""The scripts of examples/hips_style on this package and on HIPS autograd: `make bench-hips`.

Both packages have the import name autograd, so HIPS autograd runs in a virtual environment of its own, whose Python is
--python. The two take turns, each script in a process of its own for each turn; the figures are CPU times, the least
of all turns, and the ratio is their quotient.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEPS = {"gmm": 30, "ode_fit": 5, "variational": 60, "rnn": 20}

CHILD = """
import importlib.util, sys, time, warnings
warnings.simplefilter("ignore")
spec = importlib.util.spec_from_file_location("script", sys.argv[1])
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
times = []
for _ in range(int(sys.argv[3]) + 1):
    began = time.process_time()
    script.fit(int(sys.argv[2]))
    times.append(time.process_time() - began)
print(min(times[1:]))
"""


def seconds(python: str, path: Path | None, name: str, repeats: int, folder: str) -> float:
    """The least CPU time of a script's fit in one process; `path` is where our package is, None for theirs."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    script = ROOT / "examples" / "hips_style" / f"{name}.py"
    command = [python, "-c", CHILD, str(script), str(STEPS[name]), str(repeats)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stdout.split()[-1])


def measure(python: str, name: str, turns: int, repeats: int) -> tuple[float, float]:
    """(their seconds, ours) for a script."""
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:  # in the checkout both would import our autograd
        for _ in range(turns):
            theirs.append(seconds(python, None, name, repeats, folder))
            ours.append(seconds(sys.executable, ROOT, name, repeats, folder))
    return min(theirs), min(ours)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(STEPS), metavar="SCRIPT", help=f"of {', '.join(STEPS)}")
    parser.add_argument("--python", required=True, help="of the environment with HIPS autograd")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="runs in each process, after one that does not count")
    options = parser.parse_args(arguments)
    print("| script | HIPS autograd | here | |\n|---|---|---|---|")
    for name in options.names:
        theirs, ours = measure(options.python, name, options.turns, options.repeats)
        print(f"| {name}.py, {STEPS[name]} steps | {theirs * 1e3:.0f} ms | {ours * 1e3:.0f} ms | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
