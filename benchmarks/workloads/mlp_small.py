"""B=32, 64-64-64-10, ReLU, cross-entropy, forward and backward."""

from benchmarks.workloads.mlp import Network

TITLE = "mlp_small: B=32, 64-64-64-10, ReLU, cross-entropy, forward and backward"
TARGETS = {"ours": 0.35}
PEERS = Network(32, (64, 64, 64, 10)).peers()
