"""A character RNN: an LSTM predicts the next letter, then writes some."""

import autograd
import nn
import nn.functional as F
import optim
from autograd import Tensor

TEXT = "the quick brown fox jumps over the lazy dog. " * 8
LETTERS = sorted(set(TEXT))


class CharRNN(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, hidden_size)
        self.lstm = nn.LSTM(hidden_size, hidden_size, num_layers=2, batch_first=True)
        self.decoder = nn.Linear(hidden_size, vocab_size)

    def forward(self, x, state=None):
        x = self.embed(x)
        x, state = self.lstm(x, state)
        return self.decoder(x), state


def batches(data, batch_size, steps):
    rows = data[: len(data) // batch_size * batch_size].reshape(batch_size, -1)
    for start in range(0, rows.shape[1] - steps, steps):
        yield rows[:, start : start + steps], rows[:, start + 1 : start + steps + 1]


def generate(model, letter, count):
    model.eval()
    written, state = [letter], None
    with autograd.no_grad():
        for _ in range(count):
            logits, state = model(Tensor([[written[-1]]]), state)
            written.append(logits[0, -1].argmax().item())
    return written


def main(prepare=print):
    data = Tensor([LETTERS.index(letter) for letter in TEXT])
    model = CharRNN(len(LETTERS), 24)
    prepare(model)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.9)
    losses = []
    for epoch in range(3):
        model.train()
        for x, y in batches(data, 8, 10):
            optimizer.zero_grad()
            logits, _ = model(x)
            loss = F.cross_entropy(logits.reshape(-1, len(LETTERS)), y.reshape(-1))
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    return losses + generate(model, 0, 5)


if __name__ == "__main__":
    print(main())
