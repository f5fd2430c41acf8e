"""How fast does a glimpse network learn and answer? Beside the same network in PyTorch, in one process.

`OPENBLAS_NUM_THREADS=1 python benchmarks/glimpse_network.py`. Pictures of 28 x 28, 6 glimpses of 8 x 8, batches of 128,
layers as published (Mnih et al. 2014), the hybrid loss, Adam. Given the same weights and places, both have to give the
same scores, loss and gradients.

Most of the time goes into products of matrices, so much depends on the two BLAS libraries: the last row compares them.
NumPy's takes AVX-512 where there is; PyTorch's does so on some processors only, its layers of oneDNN on all. With
`OPENBLAS_CORETYPE=Haswell ONEDNN_MAX_CPU_ISA=AVX2` no side does.
"""

import copy
import statistics
import time
from dataclasses import replace

import numpy as np
import torch
from measure import milliseconds, table
from torch.nn import functional
from torch.utils import mkldnn

from neural import GaussianPolicy, HybridLoss, RecurrentAttentionModel, rendered_digits
from neural.glimpses.loss import WORST
from saliency.learning.autodiff import value_and_grad

SIDE, SIZE, GLIMPSES, BATCH, ROUNDS = 28, 8, 6, 128, 11
TRAINED, ANSWERED, AT_ONCE = 20 * BATCH, 10_000, 512
SPREAD, REINFORCE, EARLY, STEP = 0.1, 0.05, 0.3, 1e-3
NAMES = {"classes": "class", "hidden": "policy hidden", "mean": "policy mean"}  # those that our network calls otherwise

torch.set_num_threads(1)


class Peer(torch.nn.Module):
    """The network as users of PyTorch would write it, without what would slow it down: no loader, no copies, no loops.

    Glimpses are one `grid_sample`, heads and losses of all glimpses are worked out at once.
    """

    def __init__(self):
        super().__init__()
        self.what, self.where = torch.nn.Linear(SIZE * SIZE, 128), torch.nn.Linear(2, 128)
        self.joined, self.drive = torch.nn.Linear(256, 256), torch.nn.Linear(256, 256)
        self.recurrent, self.classes = torch.nn.Linear(256, 256), torch.nn.Linear(256, 10)
        self.hidden, self.mean = torch.nn.Linear(256, 128), torch.nn.Linear(128, 2)
        self.baseline = torch.nn.Linear(256, 1)
        steps = (torch.arange(SIZE) - (SIZE - 1) / 2) * 2 / SIDE
        self.offsets = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1)

    def load(self, weights):
        """Take over the weights of our network."""
        with torch.no_grad():
            for name, layer in self.named_children():
                ours = NAMES.get(name, name)
                layer.weight.copy_(torch.from_numpy(weights[ours].T))
                layer.bias.copy_(torch.from_numpy(weights[f"{ours} bias"]))

    def gradients(self):
        """Give the gradients under the names of our network."""
        found = {}
        for name, layer in self.named_children():
            ours = NAMES.get(name, name)
            found[ours], found[f"{ours} bias"] = layer.weight.grad.T.numpy(), layer.bias.grad.numpy()
        return found

    def step(self, images, places, state):
        """Give the state after one look."""
        seen = functional.grid_sample(images, self.offsets + places[:, None, None], align_corners=False).flatten(1)
        what, where = self.what(seen).relu_(), self.where(places).relu_()
        drive = self.drive(self.joined(torch.cat([what, where], dim=1)).relu_())
        return drive.add_(self.recurrent(state)).relu_()

    def aim(self, state):
        """Give the place to which the state leads."""
        return self.mean(self.hidden(state).relu_()).tanh_()

    def look(self, images, start, drawn=None):
        """Give states, means of the policy and draws; these may be given."""
        states, means, draws, places = [torch.zeros(1, 256)], [], [], start
        for step in range(GLIMPSES):
            if step:
                means.append(self.aim(states[-1].detach()))
                fresh = drawn is None
                draws.append(means[-1].detach() + SPREAD * torch.randn(len(start), 2) if fresh else drawn[step - 1])
                places = draws[-1].clamp(-1, 1)
            states.append(self.step(images, places, states[-1]))
        return torch.stack(states[1:]), torch.stack(means), torch.stack(draws)

    def loss(self, images, labels, start, drawn=None):
        """Give the scores and the hybrid loss, its reward being the gain in log probability."""
        states, means, draws = self.look(images, start, drawn)
        scores, count = self.classes(states), len(images)
        errors = functional.cross_entropy(scores.flatten(0, 1), labels.repeat(GLIMPSES), reduction="none")
        errors = errors.unflatten(0, (GLIMPSES, count))
        action = (EARLY * errors[:-1].sum() + errors[-1].sum()) / (count * (1 + EARLY * (GLIMPSES - 1)))
        known = errors.detach().clamp(max=WORST)
        gain, first = known[:-1] - known[-1], np.log(10) - known[-1]
        expected = self.baseline(states[:-1].detach())[..., 0]
        missed = (expected - gain).square().sum() + (self.baseline.bias - first).square().sum()
        likely = (draws - means).square().sum(-1) * (-0.5 / SPREAD**2) - np.log(2 * np.pi * SPREAD**2)
        reinforced = ((gain - expected.detach()) * likely).sum() * (-REINFORCE / count)
        return scores, action + missed / (count * GLIMPSES) + reinforced

    def answer(self, images):
        """Give the probabilities after the last glimpse; the first goes to the centre, the others where they should."""
        state, places = torch.zeros(1, 256), torch.zeros(len(images), 2)
        for step in range(GLIMPSES):
            places = self.aim(state) if step else places
            state = self.step(images, places, state)
        return self.classes(state).softmax(dim=1)


def train_theirs():
    descent = torch.optim.Adam(peer.parameters(), lr=STEP, fused=True)  # the fastest of its three ways
    for some in torch.randperm(TRAINED).split(BATCH):
        descent.zero_grad()
        peer.loss(pictures[some], classes[some], torch.rand(len(some), 2) * 2 - 1)[1].backward()
        descent.step()


def answer_theirs(model):
    with torch.inference_mode():
        return torch.cat([model.answer(some) for some in pictures.split(AT_ONCE)]).numpy()


def interleaved(*functions):
    """CPU time of each function in each round, in s: an array (rounds, functions); the first round is not counted."""
    times = np.empty((ROUNDS + 1, len(functions)))
    for row in times:
        for i, function in enumerate(functions):
            start = time.process_time()
            function()
            row[i] = time.process_time() - start
    return times[1:]


def ratio(theirs, ours):
    quotients = theirs / ours
    return f"{statistics.median(quotients):.2f} x ({quotients.min():.2f} to {quotients.max():.2f})"


def speeds(times, count):
    return ", ".join(f"{count / statistics.median(each) / 1000:.1f}k" for each in times.T) + " a second"


digits = rendered_digits(ANSWERED, 0)
pictures, classes = torch.from_numpy(digits.images / np.float32(255))[:, None], torch.from_numpy(digits.labels).long()
network = RecurrentAttentionModel(policy=GaussianPolicy(spread=SPREAD), glimpses=GLIMPSES).initial(digits.images, rng=0)
criterion = HybridLoss(reinforce=REINFORCE, early=EARLY, reward="gain")
central = replace(network, policy=GaussianPolicy(spread=SPREAD, first="centre"))
peer = Peer()
peer.load(network.weights)
packed = mkldnn.to_mkldnn(copy.deepcopy(peer).eval())  # layers of oneDNN, which can only answer

rollout = network.look(network.scene(digits.images[:BATCH]), np.random.default_rng(0))
loss, gradients = value_and_grad(lambda w: criterion(network, w, rollout, digits.labels[:BATCH])[0], network.weights)
scores = network.states(network.weights, rollout) @ network.weights["class"] + network.weights["class bias"]
places, drawn = torch.from_numpy(rollout.steps.places[0]), torch.from_numpy(rollout.steps.drawn[1:])
their_scores, their_loss = peer.loss(pictures[:BATCH], classes[:BATCH], places, drawn)
their_loss.backward()
apart = [
    np.abs(gradient - gradients[name]).max() / np.abs(gradients[name]).max()
    for name, gradient in peer.gradients().items()
]
said = central.predict(digits.images).probabilities[:, -1]
same = (
    np.abs(scores - their_scores.detach().numpy()).max(),
    abs(loss - their_loss.item()),
    max(apart),
    max(np.abs(said - answer_theirs(model)).max() for model in (peer, packed)),
)
if max(same) > 1e-4:
    raise SystemExit(f"the two networks differ: scores, loss, gradients and answers by {same}")

trained = interleaved(
    lambda: network.fit(
        digits.images[:TRAINED],
        digits.labels[:TRAINED],
        rng=0,
        epochs=1,
        batch=BATCH,
        learning_rate=STEP,
        loss=criterion,
    ),
    train_theirs,
)
answered = interleaved(
    lambda: central.predict(digits.images), lambda: answer_theirs(peer), lambda: answer_theirs(packed)
)
left, right = np.ones((BATCH, 256), np.float32), np.ones((256, 256), np.float32)
product = milliseconds(lambda: left @ right, 101)
their_left, their_right = torch.from_numpy(left), torch.from_numpy(right)
their_product = milliseconds(lambda: their_left @ their_right, 101)
table(
    f"A glimpse network beside PyTorch {torch.__version__}, CPU time, one thread",
    [
        ("largest difference of scores; of gradients, relative", f"{same[0]:.0e}; {same[2]:.0e}", ""),
        ("training: ours, PyTorch", speeds(trained, TRAINED), ""),
        ("training: faster by", ratio(trained[:, 1], trained[:, 0]), "target 1.25 x"),
        ("answers: ours, PyTorch, PyTorch with layers of oneDNN", speeds(answered, ANSWERED), ""),
        ("answers: faster than PyTorch by", ratio(answered[:, 1], answered[:, 0]), "target 3 x"),
        ("answers: faster than with layers of oneDNN by", ratio(answered[:, 2], answered[:, 0]), ""),
        ("a product, 128 x 256 x 256: NumPy, PyTorch", f"{1000 * product:.0f}, {1000 * their_product:.0f} us", ""),
    ],
)
