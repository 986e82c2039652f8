"""Lengths of sequences, which decide what a recurrent layer computes: each is a recording of its own."""

import numpy as np
import pytest

import nn
import optim
from autograd import capture
from nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def packed(layer, x, lengths):
    return pad_packed_sequence(layer(pack_padded_sequence(x, lengths))[0], total_length=len(x))[0]


def by_argument(layer, x, lengths):
    return layer(x, lengths=lengths)[0]


@pytest.mark.parametrize("run", [packed, by_argument])
def test_lengths_are_compared_before_a_replay(run):
    lengths = [np.array(n) for n in [(4, 3), (4, 3), (4, 3), (3, 1), (4, 3), (3, 1), (3, 1), (3, 1), (4, 3)]]
    inputs = np.random.default_rng(0).normal(size=(len(lengths), 4, 2, 3))

    def trained(prepare):
        layer = nn.GRU(3, 2, rng=np.random.default_rng(1)).double()
        optimizer = optim.SGD(layer.parameters(), lr=0.1)

        def step(x, n):
            optimizer.zero_grad()
            loss = np.sum(run(layer, x, n) ** 2)
            loss.backward()
            optimizer.step()
            return loss

        step = prepare(step)
        return [step(x, n).item() for x, n in zip(inputs, lengths, strict=True)], step

    (expected, _), (found, step) = trained(lambda f: f), trained(capture)
    assert found == expected
    assert step.calls["replayed"] >= 3


def test_recordings_with_other_lengths_one_after_the_other_are_two():
    layer = nn.LSTM(3, 2, rng=np.random.default_rng(1))
    step, x = capture(lambda x, n: by_argument(layer, x, n)), np.ones((4, 2, 3), np.float32)
    for n in [(4, 2), (4, 2), (3, 1), (4, 2), (3, 1), (4, 2), (3, 1)]:
        np.testing.assert_array_equal(step(x, np.array(n)).numpy(), by_argument(layer, x, np.array(n)).numpy())
    assert step.calls == {"eager": 1, "recorded": 4, "replayed": 2}
