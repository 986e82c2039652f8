"""numpy.random under the name that HIPS autograd has for it."""

from numpy import random as _numpys

globals().update({name: value for name, value in vars(_numpys).items() if not name.startswith("_")})
