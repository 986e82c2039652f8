"""200 steps of the heat equation on 64 × 64 points, in place, and the gradient by the first temperatures."""

from benchmarks.workloads.heat import Heat

TITLE = "heat_64: 200 steps of u[1:-1, 1:-1] += … on 64 × 64 points, forward and backward"
TARGETS = {"ours": 0.8}
PEERS = Heat(64).peers()
