"""B=128, Linear 784-500, its backward alone; top 25 columns against all."""

from benchmarks.workloads.meprop import Layer

TITLE = "meprop_input: the same of one Linear 784-500"
TARGETS: dict[str, float] = {}
PEERS = Layer(128, 784, 500, 25).peers()
