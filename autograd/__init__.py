from autograd.tensor import Tensor
from autograd.backward import backward
from autograd.modes import no_grad, enable_grad, detect_anomaly, is_grad_enabled
