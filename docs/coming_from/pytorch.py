"""The rows of docs/from_pytorch.md."""

from __future__ import annotations

from docs.coming_from import Page, Row

INTRO = """
Layers, losses, optimizers and schedulers have PyTorch's names, arguments, defaults and `state_dict` keys, so a
model's class is copied as it is. Arrays are NumPy's: their functions and methods have NumPy's names, and a Tensor
that is asked for PyTorch's (`x.unsqueeze(0)`) answers with ours. Ten whole programs and their ports are in
`examples/from_pytorch`: 17 % of the lines differ.

Every row below is run by the tests, on both sides where PyTorch is installed, and the values are compared. The rows
use
"""

THERE = """
import math, os, tempfile
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(0)
values = rng.uniform(0.1, 0.9, (3, 4))
x = torch.tensor(values, requires_grad=True)
y = torch.tensor(values[::-1].copy())
square = torch.tensor(values[:, :3] + 2 * np.eye(3))
index = torch.tensor([[0, 3], [1, 1], [2, 0]])
mask = torch.tensor(values > 0.5)
target = torch.tensor([0, 2, 1])
inputs = torch.tensor(values.astype(np.float32))
model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
weights = [rng.normal(size=p.shape).astype(np.float32) for p in model.parameters()]
model.load_state_dict(dict(zip(model.state_dict(), map(torch.tensor, weights))))
optimizer = optim.SGD(model.parameters(), lr=0.1)
data = TensorDataset(inputs, target)
path = os.path.join(tempfile.mkdtemp(), "model.pt")
f = lambda t: (torch.sin(t) ** 2).sum()
"""

HERE = """
import os, tempfile
import numpy as np
import scipy
import autograd, nn, optim
import nn.functional as F
from autograd import Tensor
from nn.data import DataLoader, TensorDataset

rng = np.random.default_rng(0)
values = rng.uniform(0.1, 0.9, (3, 4))
x = Tensor(values, requires_grad=True)
y = Tensor(values[::-1].copy())
square = Tensor(values[:, :3] + 2 * np.eye(3))
index = np.array([[0, 3], [1, 1], [2, 0]])
mask = values > 0.5
target = np.array([0, 2, 1])
inputs = values.astype(np.float32)
model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
weights = [rng.normal(size=p.shape).astype(np.float32) for p in model.parameters()]
model.load_state_dict(dict(zip(model.state_dict(), weights)))
optimizer = optim.SGD(model.parameters(), lr=0.1)
data = TensorDataset(inputs, target)
path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
f = lambda t: np.sum(np.sin(t) ** 2)
"""

STEP = """\
optimizer.zero_grad()
loss = F.cross_entropy(model(inputs), target)
loss.backward()
optimizer.step()
model(inputs)
"""

SECTIONS = {
    "Making arrays": [
        Row("torch.tensor([1.0, 2.0])", "Tensor([1.0, 2.0])"),
        Row("torch.tensor([1.0], requires_grad=True)", "Tensor([1.0], requires_grad=True)"),
        Row("torch.from_numpy(values)", "Tensor(values)"),
        Row("torch.zeros(2, 3)", "Tensor(np.zeros((2, 3)))"),
        Row("torch.ones_like(x)", "np.ones_like(x)"),
        Row("torch.full((2, 3), 7.0)", "Tensor(np.full((2, 3), 7.0))"),
        Row("torch.eye(3)", "Tensor(np.eye(3))"),
        Row("torch.arange(0, 1, 0.25)", "Tensor(np.arange(0, 1, 0.25))"),
        Row("torch.linspace(0, 1, 5)", "Tensor(np.linspace(0, 1, 5))"),
        Row("torch.manual_seed(0)", "autograd.seed(0)", same=False),
        Row("torch.randn(2, 3)", "Tensor(np.random.default_rng(0).normal(size=(2, 3)))", same=False),
        Row("torch.randint(0, 10, (5,))", "np.random.default_rng(0).integers(0, 10, 5)", same=False),
        Row("torch.randperm(10)", "np.random.default_rng(0).permutation(10)", same=False),
        Row("x.detach().numpy()", "x.numpy()"),
        Row("x.sum().item()", "x.sum().item()"),
        Row("x.tolist()", "x.tolist()"),
        Row("x.clone()", "x.copy()"),
        Row("x.float()", "x.astype(np.float32)"),
        Row("x.to(torch.float32)", "x.astype(np.float32)"),
        Row("x.to('cpu')", "x", same=True),
    ],
    "Shapes": [
        Row("x.size(0)", "x.shape[0]"),
        Row("x.numel()", "x.size"),
        Row("x.dim()", "x.ndim"),
        Row("x.view(4, 3)", "x.reshape(4, 3)"),
        Row("x.view(3, -1)", "x.reshape(3, -1)"),
        Row("x.flatten()", "x.flatten()"),
        Row("x.unsqueeze(0)", "x[None]"),
        Row("x.unsqueeze(-1)", "x[..., None]"),
        Row("x.unsqueeze(1).squeeze(1)", "np.expand_dims(x, 1).squeeze(1)"),
        Row("x.t()", "x.T"),
        Row("x.transpose(0, 1)", "x.swapaxes(0, 1)"),
        Row("x.permute(1, 0)", "x.transpose(1, 0)"),
        Row("x.expand(2, 3, 4)", "np.broadcast_to(x, (2, 3, 4))"),
        Row("x.repeat(2, 1)", "np.tile(x, (2, 1))"),
        Row("x.repeat_interleave(2, dim=1)", "np.repeat(x, 2, axis=1)"),
        Row("torch.cat([x, y], dim=1)", "np.concatenate([x, y], axis=1)"),
        Row("torch.stack([x, y])", "np.stack([x, y])"),
        Row("x.chunk(2, dim=1)", "np.array_split(x, 2, axis=1)"),
        Row("x.split(2, dim=1)", "np.split(x, [2], axis=1)"),
        Row("x.unbind(0)", "list(x)"),
        Row("torch.flip(x, [1])", "np.flip(x, 1)"),
        Row("x.contiguous()", "x"),
    ],
    "Elements": [
        Row("x[:, 1]", "x[:, 1]"),
        Row("x[mask]", "x[mask]"),
        Row("x.gather(1, index)", "np.take_along_axis(x, index, 1)"),
        Row("x.index_select(1, target)", "np.take(x, target, axis=1)"),
        Row("torch.where(mask, x, y)", "np.where(mask, x, y)"),
        Row("x.masked_fill(mask, 0.0)", "np.where(mask, 0.0, x)"),
        Row("x.argmax(dim=1)", "x.argmax(axis=1)"),
        Row("torch.topk(x, 2).values", "np.flip(np.sort(x, axis=-1), -1)[..., :2]"),
        Row("x.sort(dim=1).values", "np.sort(x, axis=1)"),
        Row("torch.tril(square)", "np.tril(square)"),
        Row("F.one_hot(target, 4)", "F.one_hot(target, 4)"),
        Row("z = x.clone()\nz[0] = 0.0", "z = x.copy()\nz[0] = 0.0"),
        Row("y.clone().zero_()", "z = y.copy()\nz[...] = 0"),
    ],
    "Arithmetic": [
        Row("torch.exp(x)", "np.exp(x)"),
        Row("x.clamp(min=0.2, max=0.8)", "x.clip(0.2, 0.8)"),
        Row("torch.sigmoid(x)", "F.sigmoid(x)"),
        Row("torch.relu(x - 0.5)", "F.relu(x - 0.5)"),
        Row("torch.softmax(x, dim=1)", "F.softmax(x, dim=1)"),
        Row("x.sum(dim=1, keepdim=True)", "x.sum(axis=1, keepdims=True)"),
        Row("x.mean(0)", "x.mean(0)"),
        Row("x.std()", "x.std(ddof=1)"),
        Row("x.var(unbiased=False)", "x.var()"),
        Row("x.max(dim=1).values", "x.max(axis=1)"),
        Row("x.norm()", "np.linalg.norm(x)"),
        Row("x.cumsum(1)", "x.cumsum(1)"),
        Row("torch.logsumexp(x, dim=1)", "np.logaddexp.reduce(x, axis=1)"),
        Row("torch.erf(x)", "scipy.special.erf(x)"),
        Row("torch.allclose(x, y)", "np.allclose(x, y)"),
        Row("torch.isnan(x).any()", "np.isnan(x).any()"),
        Row("x @ y.T", "x @ y.T"),
        Row("torch.einsum('ij,kj->ik', x, y)", "np.einsum('ij,kj->ik', x, y)"),
        Row("torch.outer(x[0], y[0])", "np.outer(x[0], y[0])"),
        Row("torch.linalg.solve(square, square)", "np.linalg.solve(square, square)"),
        Row("torch.linalg.inv(square)", "np.linalg.inv(square)"),
        Row("torch.logdet(square)", "np.linalg.slogdet(square)[1]"),
        Row("torch.linalg.matrix_exp(square)", "autograd.scipy.linalg.expm(square)"),
        Row("torch.fft.rfft(y)", "np.fft.rfft(y)"),
    ],
    "Gradients": [
        Row("(x**2).sum().backward()\nx.grad", "(x**2).sum().backward()\nx.grad"),
        Row("torch.autograd.grad(f(x), x)[0]", "autograd.gradients(f(x), x)[0]"),
        Row(
            "g, = torch.autograd.grad(f(x), x, create_graph=True)\ntorch.autograd.grad(g.sum(), x)[0]",
            "g, = autograd.gradients(f(x), x, create_graph=True)\nautograd.gradients(g.sum(), x)[0]",
        ),
        Row("with torch.no_grad(): z = x * 2", "with autograd.no_grad(): z = x * 2"),
        Row("with torch.inference_mode(): z = x * 2", "with autograd.no_grad(): z = x * 2"),
        Row("with torch.set_grad_enabled(False): z = x * 2", "with autograd.set_grad_enabled(False): z = x * 2"),
        Row("x.detach() * 2", "x.detach() * 2"),
        Row("x.requires_grad_(True)", "x.requires_grad_(True)"),
        Row(
            "z = x * 2\nz.retain_grad()\nz.sum().backward()\nz.grad",
            "z = x * 2\nz.retain_grad()\nz.sum().backward()\nz.grad",
        ),
        Row("torch.func.grad(f)(y)", "autograd.grad(f)(y)"),
        Row("torch.func.jacrev(torch.sin)(y[0])", "autograd.jacobian(np.sin)(y[0])"),
        Row("torch.func.hessian(f)(y[0])", "autograd.hessian(f)(y[0])"),
        Row("torch.func.vmap(f)(y)", "autograd.vmap(f)(y)"),
        Row("torch.func.vmap(torch.func.grad(f))(y)", "autograd.vmap(autograd.grad(f))(y)"),
        Row("torch.func.jvp(f, (y,), (y,))[1]", "autograd.jvp(f, y, y)[1]"),
        Row("torch.func.vjp(f, y)[0]", "autograd.vjp(f, y)[0]"),
        Row("torch.autograd.gradcheck(f, x)", "autograd.gradcheck(f, x)"),
        Row("with torch.autograd.detect_anomaly(): z = x * 2", "with autograd.detect_anomaly(): z = x * 2"),
        Row(
            "torch.utils.checkpoint.checkpoint(f, x, use_reentrant=False)",
            "autograd.checkpoint(f, x)",
        ),
        Row(
            "class Square(torch.autograd.Function):\n"
            "    @staticmethod\n"
            "    def forward(ctx, x): ctx.save_for_backward(x); return x * x\n"
            "    @staticmethod\n"
            "    def backward(ctx, g): return 2 * ctx.saved_tensors[0] * g\n"
            "Square.apply(x)",
            "@autograd.primitive\n"
            "def square(x): return x * x\n"
            "square.defvjp(lambda g, out, x: 2 * x * g, keeps='x')\n"
            "square(x)",
        ),
    ],
    "Models": [
        Row("model(inputs)", "model(inputs)"),
        Row("model.eval()(inputs)", "model.eval()(inputs)"),
        Row("list(model.state_dict())", "list(model.state_dict())"),
        Row("sum(p.numel() for p in model.parameters())", "sum(p.size for p in model.parameters())"),
        Row(
            "for p in model.parameters(): p.requires_grad_(False)",
            "for p in model.parameters(): p.requires_grad_(False)",
            same=False,
        ),
        Row("model.to('cuda' if torch.cuda.is_available() else 'cpu')(inputs)", "model(inputs)"),
        Row("model.double()(inputs.double())", "model.double()(inputs.astype(float))"),
        Row("nn.init.zeros_(model[0].bias)", "nn.init.zeros_(model[0].bias)"),
        Row(
            "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
            "nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
        ),
        Row(
            "torch.nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))",
            "nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))",
            same=False,
        ),
        Row(
            "torch.func.functional_call(model, dict(model.named_parameters()), inputs)",
            "nn.functional_call(model, dict(model.named_parameters()), inputs)",
        ),
        Row("torch.compile(model)(inputs)", "autograd.capture(model)(inputs)", same=False),
        Row(
            "torch.save(model.state_dict(), path)\nmodel.load_state_dict(torch.load(path))\nmodel(inputs)",
            "nn.save(model, path)\nmodel.load_state_dict(nn.load(path))\nmodel(inputs)",
        ),
    ],
    "Training": [
        Row("F.cross_entropy(model(inputs), target)", "F.cross_entropy(model(inputs), target)"),
        Row(
            "nn.CrossEntropyLoss(label_smoothing=0.1)(model(inputs), target)",
            "nn.CrossEntropyLoss(label_smoothing=0.1)(model(inputs), target)",
        ),
        Row(
            STEP,
            STEP,
        ),
        Row(
            "optim.lr_scheduler.CosineAnnealingLR(optimizer, 10).get_last_lr()",
            "optim.lr_scheduler.CosineAnnealingLR(optimizer, 10).get_last_lr()",
        ),
        Row("len(DataLoader(data, batch_size=2, shuffle=True))", "len(DataLoader(data, batch_size=2, shuffle=True))"),
        Row("torch.utils.data.random_split(data, [2, 1])", "nn.data.random_split(data, [2, 1])", same=False),
        Row("(model(inputs).argmax(1) == target).float().mean()", "np.mean(model(inputs).argmax(1) == target)"),
        Row(
            "torch.nn.utils.rnn.pad_sequence([y[0], y[1, :2]], batch_first=True)",
            "nn.utils.rnn.pad_sequence([y[0], y[1, :2]], batch_first=True)",
        ),
        Row("torch.onnx.export(model, inputs, path)", "nn.export.to_onnx(model, inputs, path + '.onnx')", same=False),
    ],
}

END = """
## What is different

- A Python list or a float64 array makes a float64 Tensor, as in NumPy; models are float32 and compute in the dtype of
  their parameters.
- `x.sum(1, True)` means NumPy's second argument, and is refused: `x.sum(1, keepdims=True)`. `x.std()` divides by n.
- `x.transpose(0, 1)` gives the new order of all axes; two are swapped by `x.swapaxes(0, 1)`. `x.size` is a number,
  `x.shape` the shape.
- `np.maximum` and `np.max` share the gradient at a tie; PyTorch's `max(dim)` gives it to one. [All
  choices](conventions.md).
- Gradients that were never computed are None after `zero_grad()`, as in PyTorch; `.grad` is a Tensor.
- `torch.compile(model)` may be trained through; what `capture(model)` gives is constant. To train, capture the function
  that calls `backward()` and `optimizer.step()`: [a step recorded once](capture.md).
- There is one device. `.cuda()`, `.to(device)`, `pin_memory` are left out; [other libraries' arrays](arrays.md) go
  through the same rules.
"""

PAGE = Page("Coming from PyTorch", INTRO, "torch", THERE, HERE, SECTIONS, END)
