"""Training on several processes over MPI: `mpiexec -n 4 python train.py`, on one machine or on a cluster."""

from nn.parallel.communicator import Communicator, world
from nn.parallel.data_parallel import DataParallel
from nn.parallel.faults import RankError
from nn.parallel.sync_batch_norm import SyncBatchNorm

__all__ = ["DataParallel", "SyncBatchNorm", "Communicator", "world", "RankError"]
