"""B=128, Linear 500-500, its backward alone; top 25 columns against all."""

from benchmarks.workloads.meprop import Layer

TITLE = "meprop_hidden: B=128, the backward of one Linear 500-500; top 25 columns of the gradient (5 %) against all"
TARGETS: dict[str, float] = {}
PEERS = Layer(128, 500, 500, 25).peers()
