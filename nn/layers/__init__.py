"""The layers, one family a file or folder: a layer's primitive, its function and its Module stand together.

In each file: `_relu` computes on arrays, the primitive `relu_op` adds the derivative, the function `relu` checks and
converts its arguments, the Module `ReLU` calls the function. `nn.functional` and `nn` only hand the names on.
"""
