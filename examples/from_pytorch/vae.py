"""A variational autoencoder, Kingma & Welling 2013."""

import numpy as np

import nn
import nn.functional as F
import optim
from autograd import Tensor


class VAE(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.fc1 = nn.Linear(pixels, hidden)
        self.fc21 = nn.Linear(hidden, latent)
        self.fc22 = nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(latent, hidden)
        self.fc4 = nn.Linear(hidden, pixels)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar, noise):
        std = np.exp(0.5 * logvar)
        return mu + noise * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return F.sigmoid(self.fc4(h3))

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar, noise)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x, reduction="sum")
    KLD = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return BCE + KLD


def main(prepare=print):
    rng = np.random.default_rng(0)
    model = VAE(36, 24, 4)
    prepare(model)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for step in range(10):
        x = Tensor(rng.random((32, 36)) > 0.7, dtype=np.float32)
        noise = Tensor(rng.normal(size=(32, 4)), dtype=np.float32)
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(x, noise)
        loss = loss_function(recon_batch, x, mu, logvar)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    print(main())
