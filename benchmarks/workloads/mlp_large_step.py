"""mlp_large with Adam's update: a full step."""

from benchmarks.workloads.mlp import Network

TITLE = "mlp_large_step: mlp_large with Adam's update (NumPy's written by hand)"
TARGETS = {"ours": 0.95, "captured": 0.80}
_network = Network(128, (784, 512, 512, 10), adam=True)
PEERS = {**_network.peers(), "numpy_kept": _network.numpy_kept, "torch_fused": _network.torch_fused}
