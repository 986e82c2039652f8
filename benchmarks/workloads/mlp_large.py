"""B=128, 784-512-512-10, ReLU, cross-entropy, forward and backward."""

from benchmarks.workloads.mlp import Network

TITLE = "mlp_large: B=128, 784-512-512-10, ReLU, cross-entropy, forward and backward"
TARGETS = {"ours": 1.0}
_network = Network(128, (784, 512, 512, 10))
PEERS = {**_network.peers(), "ours_unkept": _network.ours, "numpy_kept": _network.numpy_kept}
