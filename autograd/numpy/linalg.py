"""numpy.linalg under the name that HIPS autograd has for it; norm also of lists with Tensors in them."""

from numpy import linalg as _numpys

from autograd.numpy.numpy_wrapper import of_lists

globals().update({name: value for name, value in vars(_numpys).items() if not name.startswith("_")})

norm = of_lists(_numpys.norm)
