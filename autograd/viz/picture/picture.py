"""A picture as plain data: boxes and arrows with their texts, independent of the language in which it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from autograd.errors import ArgumentError
from autograd.viz.data.graph_data import shared_depth
from autograd.viz.picture.arrange import Frame
from autograd.viz.picture.labels import Line
from autograd.viz.picture.themes import THEMES, Scale, Theme

SHOW = ("value", "grad", "local", "shape", "dtype", "vjp", "scope", "source")
SHOWN = ("value", "grad", "local", "shape", "vjp", "scope")
FEW = 45  # a picture of more boxes has no rules on its arrows, unless `show` asks for them
LIMIT = 150
DIRECTIONS = ("LR", "TB", "RL", "BT")
COLORS = ("auto", "kind", "gradient")


@dataclass(frozen=True)
class Options:
    """How to draw; see `draw`."""

    direction: str = "LR"
    show: str | Iterable[str] | None = None
    legend: bool = True
    title: str = ""
    limit: int = LIMIT
    depth: int | None = None
    fold: bool | None = None
    theme: str = "light"
    color: str = "auto"
    wrap: bool = True

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise ArgumentError(f"direction must be 'LR', 'TB', 'RL' or 'BT'; got {self.direction!r}.")
        if isinstance(self.limit, bool) or not isinstance(self.limit, int) or self.limit < 1:
            raise ArgumentError(f"limit, the number of boxes to draw, must be at least 1; got {self.limit!r}.")
        if self.depth is not None and (not isinstance(self.depth, int) or self.depth < 0):
            raise ArgumentError(
                f"depth, how many frames deep modules are drawn open, must be 0 or more; got {self.depth!r}."
            )
        if self.theme not in THEMES:
            raise ArgumentError(f"theme must be 'light' or 'dark'; got {self.theme!r}.")
        if self.color not in COLORS:
            raise ArgumentError(f"color must be 'auto', 'kind' or 'gradient'; got {self.color!r}.")
        unknown = self.words(0) - set(SHOW)
        if unknown:
            raise ArgumentError(
                f"show takes words among {', '.join(SHOW)}; got {', '.join(sorted(map(str, unknown)))}."
            )

    def words(self, boxes: int) -> set[str]:
        """The words of `show`, or its default for so many boxes."""
        if self.show is None:
            return set(SHOWN) - ({"vjp"} if boxes > FEW else set())
        return set(self.show.split() if isinstance(self.show, str) else self.show)


@dataclass(frozen=True)
class Box:
    """A node of the picture.

    kind     "parameter", "input", "constant", "operation", "module", "carried" (from the block before, or into the
             next) or "more" (the nodes left out); "leaves" and "enters" where an arrow goes on in another row
    lines    the text in it, from top to bottom
    mark     the operation of a Scalar, drawn at the left of the lines; () for Tensors
    frames   the frames it is in, outermost first
    heat     norms of gradients that colour it: one, or the first and the last of a repeated block; () if there is none
    """

    id: str
    kind: str
    lines: tuple[Line, ...]
    mark: tuple[Line, ...] = ()
    frames: tuple[Frame, ...] = ()
    heat: tuple[float, ...] = ()
    result: bool = False
    freed: bool = False
    tooltip: str = ""


@dataclass(frozen=True)
class Arrow:
    """An edge of the picture.

    kind     "data", "next" (into the next repetition of a block) or "more" (from nodes left out)
    head     whether it has an arrowhead; not so where it goes on in another row
    """

    source: str
    target: str
    lines: tuple[Line, ...] = ()
    kind: str = "data"
    head: bool = True


@dataclass(frozen=True)
class Picture:
    """Boxes and arrows, and the text below them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    options: Options
    theme: Theme
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scale: Scale | None = None
    fill_by_gradient: bool = False
    kinds: dict[str, str] = field(default_factory=dict)  # kind -> what it means, for the legend


def nested(boxes: Iterable[Box]) -> Iterator[tuple[int, list[Frame], list[Box]]]:
    """The boxes frame by frame: (how many frames end, the frames that begin then, the boxes in the innermost of them).

    The last item only ends the frames that are still open.
    """
    groups: dict[tuple[str, ...], list[Box]] = {}
    frames: dict[tuple[str, ...], Frame] = {}
    for box in boxes:
        groups.setdefault(box.frames[-1].path if box.frames else (), []).append(box)
        frames.update((frame.path, frame) for frame in box.frames)
    open_: tuple[str, ...] = ()
    for path in sorted(groups):
        common = shared_depth(path, open_)
        yield len(open_) - common, [frames[path[: i + 1]] for i in range(common, len(path))], groups[path]
        open_ = path
    yield len(open_), [], []
