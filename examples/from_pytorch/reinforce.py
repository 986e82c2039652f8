"""REINFORCE: a policy learns to walk to the right end of a corridor."""

import numpy as np

import nn
import nn.functional as F
import optim
from autograd import Tensor


class Policy(nn.Module):
    def __init__(self, places):
        super().__init__()
        self.affine1 = nn.Linear(places, 16)
        self.affine2 = nn.Linear(16, 2)

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.log_softmax(self.affine2(x), dim=-1)


def episode(policy, rng, places, steps=20):
    log_probs, rewards, at = [], [], places // 2
    for _ in range(steps):
        state = F.one_hot(Tensor(at), places)
        log_p = policy(Tensor(state, dtype=np.float32))
        p = np.exp(log_p.detach().numpy().astype(np.float64))
        action = rng.choice(2, p=p / p.sum())
        log_probs.append(log_p[action])
        at = max(at + 2 * action - 1, 0)
        rewards.append(1.0 if at == places - 1 else -0.1)
        if at == places - 1:
            break
    return log_probs, rewards


def finish_episode(log_probs, rewards, optimizer):
    returns, R = [], 0.0
    for r in rewards[::-1]:
        R = r + 0.99 * R
        returns.insert(0, R)
    returns = np.array(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-6)
    policy_loss = sum(-log_prob * float(R) for log_prob, R in zip(log_probs, returns))
    optimizer.zero_grad()
    policy_loss.backward()
    optimizer.step()
    return policy_loss.item()


def main(prepare=print):
    rng = np.random.default_rng(0)
    policy = Policy(7)
    prepare(policy)
    optimizer = optim.Adam(policy.parameters(), lr=1e-2)
    losses = []
    for i_episode in range(10):
        log_probs, rewards = episode(policy, rng, 7)
        losses.append(finish_episode(log_probs, rewards, optimizer))
    return losses


if __name__ == "__main__":
    print(main())
