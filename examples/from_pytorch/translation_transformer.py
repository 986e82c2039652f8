"""A Transformer that translates: encoder and decoder, masks of padding and of the future."""

import math

import numpy as np

import nn
import optim
from autograd import Tensor

PAD, BOS = 0, 1


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=64):
        super().__init__()
        position = np.arange(max_len)[:, None]
        div_term = np.exp(np.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = np.zeros((max_len, d_model), dtype=np.float32)
        pe[:, 0::2] = np.sin(position * div_term)
        pe[:, 1::2] = np.cos(position * div_term)
        self.register_buffer("pe", Tensor(pe))

    def forward(self, x):
        return x + self.pe[: x.shape[1]]


class Translator(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.d_model = d_model
        self.src_embed = nn.Embedding(vocab_size, d_model)
        self.tgt_embed = nn.Embedding(vocab_size, d_model)
        self.positions = PositionalEncoding(d_model)
        self.transformer = nn.Transformer(
            d_model,
            nhead=2,
            num_encoder_layers=1,
            num_decoder_layers=1,
            dim_feedforward=32,
            dropout=0.0,
            batch_first=True,
        )
        self.generator = nn.Linear(d_model, vocab_size)

    def forward(self, src, tgt):
        tgt_mask = nn.Transformer.generate_square_subsequent_mask(tgt.shape[1])
        out = self.transformer(
            self.positions(self.src_embed(src) * math.sqrt(self.d_model)),
            self.positions(self.tgt_embed(tgt) * math.sqrt(self.d_model)),
            tgt_mask=tgt_mask,
            src_key_padding_mask=src == PAD,
            memory_key_padding_mask=src == PAD,
        )
        return self.generator(out)


def sentences(rng, n, length, vocab_size):
    src = rng.integers(2, vocab_size, (n, length))
    src[: n // 2, -2:] = PAD
    tgt = np.concatenate([np.full((n, 1), BOS), src[:, ::-1]], axis=1)
    return Tensor(src), Tensor(tgt)


def main(prepare=print):
    rng = np.random.default_rng(0)
    model = Translator(12, 16)
    prepare(model)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    losses = []
    for step in range(10):
        src, tgt = sentences(rng, 16, 6, 12)
        logits = model(src, tgt[:, :-1])
        loss = criterion(logits.reshape(-1, logits.shape[-1]), tgt[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    print(main())
