"""B=128, Linear 784-500, its backward alone; the top 25 of each example against all."""

from benchmarks.workloads.meprop import Layer

TITLE = "meprop_each: B=128, the backward of one Linear 784-500; the top 25 of each example (5 %) against all"
TARGETS: dict[str, float] = {}
PEERS = Layer(128, 784, 500, 25, each=True).peers()
