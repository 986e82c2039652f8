"""What users install: sdist and wheel, each installed into a fresh environment, where the README's tour runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "package"


def main() -> None:
    """Exits with an error at the first step that fails."""
    shutil.rmtree(OUT, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", str(OUT), str(ROOT))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tour, printed = (re.findall(rf"^```{kind}\n(.*?)^```$", readme, re.M | re.S)[0] for kind in ("python", "text"))
    for archive in sorted(OUT.glob("chainrule-*")):
        elsewhere = OUT / f"installed-from-{'wheel' if archive.suffix == '.whl' else 'sdist'}"
        run(sys.executable, "-m", "venv", str(elsewhere))
        python = str(elsewhere / ("Scripts" if os.name == "nt" else "bin") / "python")
        run(python, "-m", "pip", "install", "--quiet", f"{archive}[viz]")
        (elsewhere / "tour.py").write_text(tour, encoding="utf-8")
        found = run(python, "-W", "error", "tour.py", cwd=elsewhere)
        place = run(python, "-c", "import autograd, nn, optim; print(autograd.__version__, nn.__file__)", cwd=elsewhere)
        if found != printed or str(elsewhere) not in place or not place.startswith(archive.name.split("-")[1][:5]):
            sys.exit(f"{archive.name}: the tour printed\n{found}and {place}")
        print(f"{archive.name}: installed into {elsewhere.relative_to(ROOT)}, where the tour runs")


def run(*command: str, cwd: Path | None = None) -> str:
    """The output of a command, which sees neither this checkout nor this environment's packages."""
    print("$", *command, flush=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd or OUT.parent, env=environment, text=True, stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{' '.join(command)} failed")
    return done.stdout


if __name__ == "__main__":
    OUT.parent.mkdir(exist_ok=True)
    main()
