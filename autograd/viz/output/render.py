"""DOT to an image, by the `dot` program or by the Graphviz inside pygraphviz's wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

from autograd.errors import ArgumentError, RenderError

FORMATS = ("svg", "png", "pdf")
SECONDS = 120  # after which a layout is given up
REMEDY = (
    "Install the engine with pip install 'chainrule[viz]' (pygraphviz, whose wheel brings Graphviz along), or Graphviz "
    "itself (https://graphviz.org/download). The DOT text needs neither: graph.to_dot(), or a path that ends in .dot."
)
_CHILD = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog=sys.argv[2]))
"""


def image_of(dot: str, format: str) -> bytes:
    """The image as bytes: by the program `dot` if it is on the PATH, else by the engine inside pygraphviz's wheel.

    Raises: RenderError if neither is installed or both fail, with the reasons and a remedy.
    """
    if format not in FORMATS:
        raise ArgumentError(f"a picture is one of {', '.join(FORMATS)} (or dot, the text); got {format!r}.")
    if format == "png":
        dot = dot.replace("{", "{\n  graph [dpi=144]", 1)
    return output_of(dot, format)


def output_of(dot: str, format: str) -> bytes:
    """The output in any of Graphviz's formats, by the engine of the graph's attribute `layout`, else by `dot`."""
    reasons = []
    for engine in (by_program, by_wheel):
        try:
            return engine(dot, format)
        except RenderError as error:
            reasons.append(str(error))
    raise RenderError(f"no layout engine could draw the graph: {'; '.join(reasons)}. {REMEDY}")


def by_program(dot: str, format: str) -> bytes:
    """The output of the program `dot` in any of Graphviz's formats."""
    if shutil.which("dot") is None:
        raise RenderError("there is no program `dot` on the PATH")
    import graphviz  # here, so that importing autograd does not take longer

    try:
        return bytes(graphviz.Source(dot).pipe(format=format, quiet=True))
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError) as error:
        raise RenderError(f"`dot` failed ({_last_line(getattr(error, 'stderr', None)) or error})") from error


def by_wheel(dot: str, format: str) -> bytes:
    """The output of pygraphviz's engine in any of Graphviz's formats.

    It runs in a separate process, because Graphviz is not thread-safe and a crash in it would end the notebook too.
    """
    if importlib.util.find_spec("pygraphviz") is None:
        raise RenderError("pygraphviz is not installed")
    engine = "nop2" if "layout=nop2" in dot[:80] else "dot"  # what the program finds in the text by itself
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD, format, engine],
            input=dot.encode(),
            capture_output=True,
            env=environment,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"pygraphviz took more than {SECONDS} seconds; draw fewer nodes with limit=") from None
    except OSError as error:
        raise RenderError(f"pygraphviz could not be run ({error})") from error
    if done.returncode or not done.stdout:
        raise RenderError(f"pygraphviz failed ({_last_line(done.stderr) or f'exit status {done.returncode}'})")
    return done.stdout


def _last_line(stderr: bytes | str | None) -> str:
    text = stderr.decode(errors="replace") if isinstance(stderr, bytes) else stderr or ""
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
