"""mlp_small with Adam's update: a full step."""

from benchmarks.workloads.mlp import Network

TITLE = "mlp_small_step: mlp_small with Adam's update (NumPy's written by hand)"
TARGETS = {"ours": 0.33, "captured": 0.13}
PEERS = Network(32, (64, 64, 64, 10), adam=True).peers()
