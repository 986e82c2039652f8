"""the same with a full step, Adam written by hand (PyTorch: optim.Adam)."""

from benchmarks.workloads.mlp import Network

TITLE = "mlp_small_step: the same with a full step, Adam written by hand (PyTorch: optim.Adam)"
TARGETS: dict[str, float] = {}
PEERS = Network(32, (64, 64, 64, 10), adam=True).peers()
