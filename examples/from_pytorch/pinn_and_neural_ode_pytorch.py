"""A physics-informed network, y'' = -y, and a neural ODE, by Runge-Kutta steps."""

import numpy as np
import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, outputs))

    def forward(self, x):
        return self.net(x)


def residual(model, t):
    y = model(t)
    dy = torch.autograd.grad(y, t, torch.ones_like(y), create_graph=True)[0]
    ddy = torch.autograd.grad(dy, t, torch.ones_like(dy), create_graph=True)[0]
    return ddy + y


def train_pinn(model, losses):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    t = torch.tensor(np.linspace(0, 2, 20)[:, None], dtype=torch.float32, requires_grad=True)
    start = torch.tensor([[0.0]])
    for step in range(8):
        optimizer.zero_grad()
        loss_physics = (residual(model, t) ** 2).mean()
        loss_start = ((model(start) - 1.0) ** 2).mean()
        loss = loss_physics + 10 * loss_start
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


def rk4_step(func, y, dt):
    k1 = func(y)
    k2 = func(y + dt / 2 * k1)
    k3 = func(y + dt / 2 * k2)
    k4 = func(y + dt * k3)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def odeint(func, y, steps, dt):
    path = [y]
    for _ in range(steps):
        path.append(rk4_step(func, path[-1], dt))
    return torch.stack(path)


def train_ode(func, losses):
    optimizer = torch.optim.RMSprop(func.parameters(), lr=1e-3)
    time = np.linspace(0, 1, 11)
    true_y = torch.tensor(np.stack([np.cos(time), np.sin(time)], 1)[:, None], dtype=torch.float32)
    for step in range(8):
        optimizer.zero_grad()
        pred_y = odeint(func, true_y[0], 10, 0.1)
        loss = (pred_y - true_y).abs().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


def main(prepare=print):
    pinn, func, losses = MLP(1, 1), MLP(2, 2), []
    prepare(pinn)
    prepare(func)
    train_pinn(pinn, losses)
    train_ode(func, losses)
    return losses


if __name__ == "__main__":
    print(main())
