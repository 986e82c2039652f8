"""A function with a gradient of its own: the derivative of a step is that of a sigmoid (a surrogate)."""

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor


@autograd.primitive
def step(x):
    return (x > 0).astype(x.dtype)


@step.defvjp
def backward(grad_output, out, x):
    s = 1 / (1 + np.exp(-4 * x))
    return grad_output * 4 * s * (1 - s)


class SpikingNet(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.out = nn.Linear(hidden, classes)
        self.decay = 0.9

    def forward(self, x):
        potential, total = 0.0, 0.0
        for t in range(x.shape[1]):
            potential = self.decay * potential + self.hidden(x[:, t])
            spikes = step(potential - 0.1)
            potential = potential - spikes.detach()
            total = total + self.out(spikes)
        return total / x.shape[1]


def main(prepare=print):
    rng = np.random.default_rng(0)
    model = SpikingNet(6, 20, 3)
    prepare(model)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for epoch in range(10):
        y = rng.integers(0, 3, 32)
        x = rng.normal(size=(32, 5, 6)) + y[:, None, None]
        x, y = Tensor(x, dtype=np.float32), Tensor(y)
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    print(main())
