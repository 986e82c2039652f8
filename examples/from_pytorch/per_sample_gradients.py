"""Per-sample gradients, clipped one by one: the step of differentially private SGD."""

import numpy as np

import autograd
import nn
import nn.functional as F
from autograd import Tensor


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, 1)
        self.conv2 = nn.Conv2d(4, 4, 3, 1)
        self.fc1 = nn.Linear(4 * 4 * 4, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = x.reshape(x.shape[0], -1)
        return F.log_softmax(self.fc1(x), dim=1)


def sample_losses(model, params, x, y):
    output = nn.functional_call(model, params, x)
    return F.nll_loss(output, y, reduction="none")


def private_step(model, x, y, lr, max_norm):
    params = {name: p.detach() for name, p in model.named_parameters()}
    grads = autograd.jacobian(lambda p: sample_losses(model, p, x, y))(params)
    squares = sum((g**2).reshape(len(x), -1).sum(1) for g in grads.values())
    factor = max_norm / np.maximum(squares**0.5, max_norm)
    with autograd.no_grad():
        for name, p in model.named_parameters():
            g = grads[name]
            p -= lr * (g * factor.reshape(-1, *[1] * (g.ndim - 1))).mean(0)
    return squares.mean().item()


def main(prepare=print):
    rng = np.random.default_rng(0)
    model = SimpleCNN()
    prepare(model)
    losses = []
    for step in range(6):
        x = Tensor(rng.normal(size=(8, 1, 8, 8)), dtype=np.float32)
        y = Tensor(rng.integers(0, 10, 8))
        losses.append(private_step(model, x, y, 0.5, 1.0))
        losses.append(F.nll_loss(model(x), y).item())
    return losses


if __name__ == "__main__":
    print(main())
