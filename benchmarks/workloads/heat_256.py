"""200 steps of the heat equation on 256 × 256 points, in place, and the gradient by the first temperatures."""

from benchmarks.workloads.heat import Heat

TITLE = "heat_256: 200 steps of u[1:-1, 1:-1] += … on 256 × 256 points, forward and backward"
TARGETS = {"ours": 0.8}
PEERS = Heat(256).peers()
