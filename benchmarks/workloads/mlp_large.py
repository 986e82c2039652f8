"""B=128, 784-512-512-10, ReLU, cross-entropy, forward and backward."""

from benchmarks.workloads.mlp import Network

TITLE = "mlp_large: B=128, 784-512-512-10, ReLU, cross-entropy, forward and backward"
TARGETS = {"ours": 1.0}
PEERS = Network(128, (784, 512, 512, 10)).peers()
