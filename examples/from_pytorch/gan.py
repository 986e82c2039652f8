"""A DCGAN: two networks, two optimizers, detach between them."""

import numpy as np

import nn
import optim
from autograd import Tensor


class Generator(nn.Module):
    def __init__(self, nz):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, 8, 4, 1, 0, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(True),
            nn.ConvTranspose2d(8, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 8, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, 1, 4, 1, 0, bias=False),
            nn.Flatten(0),
        )

    def forward(self, input):
        return self.main(input)


def main(prepare=print):
    rng = np.random.default_rng(0)
    netG, netD = Generator(5), Discriminator()
    prepare(netG)
    prepare(netD)
    criterion = nn.BCEWithLogitsLoss()
    optimizerD = optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
    optimizerG = optim.Adam(netG.parameters(), lr=2e-3, betas=(0.5, 0.999))
    losses = []
    for step in range(5):
        real = Tensor(rng.uniform(-1, 1, (16, 1, 8, 8)), dtype=np.float32)
        noise = Tensor(rng.normal(size=(16, 5, 1, 1)), dtype=np.float32)
        ones, zeros = np.ones(16), np.zeros(16)

        netD.zero_grad()
        errD_real = criterion(netD(real), ones)
        errD_real.backward()
        fake = netG(noise)
        errD_fake = criterion(netD(fake.detach()), zeros)
        errD_fake.backward()
        optimizerD.step()

        netG.zero_grad()
        errG = criterion(netD(fake), ones)
        errG.backward()
        optimizerG.step()
        losses += [errD_real.item() + errD_fake.item(), errG.item()]
    return losses


if __name__ == "__main__":
    print(main())
