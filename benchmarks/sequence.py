"""How fast does a network that translates learn? Beside the same network in PyTorch, in one process.

`OPENBLAS_NUM_THREADS=1 python benchmarks/sequence.py`. A bidirectional GRU reads, a GRU with attention (Luong et al.
2015, "general") tells, one table serves for the words that are told and taken in; cross entropy, clipped
gradients, Adam. Given the same weights, both have to give the same loss and the same gradients. Dates: characters,
small layers, much of the time goes into single steps. Words: large layers, most of the time goes into products of
matrices.

So for words much depends on the two BLAS libraries: the last rows compare them. NumPy's takes AVX-512 where there is;
PyTorch's does so on some processors only. With `OPENBLAS_CORETYPE=Haswell ONEDNN_MAX_CPU_ISA=AVX2` no side does.
"""

import statistics
import time

import numpy as np
import torch
from measure import milliseconds, table
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_, rnn

from neural.sequences.corpus import dates_and_numbers
from neural.sequences.decoder import Decoder
from neural.sequences.teacher_forcing import teacher_forcing_loss
from neural.sequences.translation import Translator
from neural.sequences.vocabulary import END, START, Words
from saliency.learning.autodiff import value_and_grad
from saliency.learning.loop import CLIP_NORM, batches_by_length

BATCH, ROUNDS, STEP = 64, 7, 1e-3
WORDS, MEAN_LENGTH, SPREAD_OF_LENGTH = 6000, 14, 4

torch.set_num_threads(1)


class Peer(torch.nn.Module):
    """The network as users of PyTorch would write it, without what would slow it down.

    The encoder takes packed sequences, the core of the decoder and attention take all steps at once, and scores are
    worked out for the words that there are, not for the padding.
    """

    def __init__(self, translator):
        super().__init__()
        units, decoder, width = translator.units, translator.decoder, 2 * translator.units
        self.read = torch.nn.Embedding(len(translator.source), translator.embedding)
        self.encoder = torch.nn.GRU(translator.embedding, units, bidirectional=True)
        self.told = torch.nn.Embedding(len(translator.target), decoder.embedding)
        self.told_bias = torch.nn.Parameter(torch.zeros(len(translator.target)))
        self.start = torch.nn.Linear(width, decoder.size)
        self.core = torch.nn.GRU(decoder.embedding, decoder.size)
        self.general = torch.nn.Linear(decoder.size, width, bias=False)
        self.out = torch.nn.Linear(decoder.size + width, decoder.embedding)

    def named_as_ours(self):
        """Give our names, and under each what stands for it here: as it is, or turned over."""
        ways = {"forward": "l0", "backward": "l0_reverse"}
        cores = {f"source {way}": (self.encoder, ending) for way, ending in ways.items()} | {"": (self.core, "l0")}
        for name, (layer, ending) in cores.items():
            for ours, theirs in ((name or "drive", "ih"), (f"{name} recurrent".strip(), "hh")):
                yield ours, getattr(layer, f"weight_{theirs}_{ending}"), True
                yield f"{ours} bias", getattr(layer, f"bias_{theirs}_{ending}"), False
        yield from (("source words", self.read.weight, False), ("words", self.told.weight, False))
        yield from (("words bias", self.told_bias, False), ("general", self.general.weight, True))
        yield from (("start", self.start.weight, True), ("start bias", self.start.bias, False))
        yield from (("out", self.out.weight, True), ("out bias", self.out.bias, False))

    def load(self, weights):
        """Take over the weights of our network."""
        whole = {**weights, "out": np.concatenate([weights["state out"], weights["context out"]])}
        with torch.no_grad():
            for name, parameter, turned in self.named_as_ours():
                parameter.copy_(torch.from_numpy(whole[name].T if turned else whole[name]))

    def gradients(self):
        """Give the gradients under the names of our network."""
        found = {n: (p.grad.T if turned else p.grad).numpy() for n, p, turned in self.named_as_ours()}
        found["state out"], found["context out"] = np.split(found.pop("out"), [self.core.hidden_size])
        return found

    def loss(self, sources, targets):
        """Give the mean cross entropy of the words, from lists of tensors of numbers."""
        lengths = torch.tensor([len(each) for each in sources])
        packed = rnn.pack_padded_sequence(self.read(rnn.pad_sequence(sources)), lengths, enforce_sorted=False)
        encoded, last = self.encoder(packed)
        places = rnn.pad_packed_sequence(encoded, batch_first=True)[0]
        absent = torch.arange(places.shape[1]) >= lengths[:, None]
        start = torch.tanh(self.start(torch.cat([last[0], last[1]], dim=1)))
        words = rnn.pad_sequence(targets)
        states = self.core(self.told(words[:-1]), start[None])[0].transpose(0, 1)
        scores = torch.bmm(self.general(states), places.transpose(1, 2)).masked_fill(absent[:, None], -torch.inf)
        contexts = torch.bmm(scores.softmax(dim=2), places)
        exist = torch.arange(len(words) - 1) < torch.tensor([len(each) - 1 for each in targets])[:, None]
        outputs = torch.cat([states, contexts], dim=2)[exist]
        logits = functional.linear(torch.tanh(self.out(outputs)), self.told.weight, self.told_bias)
        return functional.cross_entropy(logits, words[1:].T[exist])


def tensors(lesson):
    """Give the numbers of all pairs as PyTorch takes them; targets with their start and end."""
    sources = [torch.from_numpy(source.astype(np.int64)) for source, _ in lesson]
    targets = [torch.tensor([START, *target.tolist(), END]) for _, target in lesson]
    return sources, targets


def check_same(translator, peer, lesson, sources, targets):
    """Give by how much loss and gradients differ on one batch of unequal lengths."""

    def loss(weights):
        source = translator.encode(weights, [each[0] for each in lesson[:BATCH]])
        return teacher_forcing_loss(translator.decoder, weights, source, [each[1] for each in lesson[:BATCH]], None)[0]

    value, gradients = value_and_grad(loss, translator.weights)
    their_loss = peer.loss(sources[:BATCH], targets[:BATCH])
    their_loss.backward()
    theirs = peer.gradients()
    if theirs.keys() != gradients.keys():
        raise SystemExit(f"only one of the two networks has: {sorted(theirs.keys() ^ gradients.keys())}")
    apart = max(
        np.abs(gradients[name] - gradient).max() / np.abs(gradients[name]).max() for name, gradient in theirs.items()
    )
    if max(abs(value - their_loss.item()), apart) > 1e-4:
        raise SystemExit(f"the two networks differ: loss {value} and {their_loss.item()}, gradients by {apart:.0e}")
    return abs(value - their_loss.item()), apart


def interleaved(*functions):
    """CPU time of each function in each round, in s: an array (rounds, functions); the first round is not counted."""
    times = np.empty((ROUNDS + 1, len(functions)))
    for row in times:
        for i, function in enumerate(functions):
            start = time.process_time()
            function()
            row[i] = time.process_time() - start
    return times[1:]


def beside(name, translator, pairs):
    """Give the rows of the table for one setting."""
    translator = translator.prepared(pairs).initial(0)
    peer = Peer(translator)
    peer.load(translator.weights)
    lesson = translator.numbers(pairs)
    sources, targets = tensors(lesson)
    lengths = np.array([(len(source), len(target)) for source, target in lesson])
    descent = torch.optim.Adam(peer.parameters(), lr=STEP, fused=True)  # the fastest of its three ways
    same = check_same(translator, peer, lesson, sources, targets)

    def train_theirs():
        for some in batches_by_length(lengths, BATCH, np.random.default_rng(0)):
            descent.zero_grad()
            peer.loss([sources[each] for each in some], [targets[each] for each in some]).backward()
            clip_grad_norm_(peer.parameters(), CLIP_NORM)
            descent.step()

    def train_ours():
        translator.fit(pairs, rng=0, epochs=1, batch=BATCH, learning_rate=STEP)

    ours, theirs = interleaved(train_ours, train_theirs).T
    quotients = theirs / ours
    speeds = ", ".join(f"{len(pairs) / statistics.median(each):.0f}" for each in (ours, theirs))
    ratio = f"{statistics.median(quotients):.2f} x ({quotients.min():.2f} to {quotients.max():.2f})"
    steps, shown = np.mean([[len(source), len(target) + 1] for source, target in lesson], axis=0), f"{name}: "
    size = f"{sum(each.size for each in translator.weights.values()) / 1e6:.2f} million"
    return [
        (f"{shown}weights; length of source and target", f"{size}; {steps[0]:.0f}, {steps[1]:.0f}", ""),
        (f"{shown}difference of loss; of gradients, relative", f"{same[0]:.0e}; {same[1]:.0e}", ""),
        (f"{shown}training, ours and PyTorch", f"{speeds} a second", ""),
        (f"{shown}faster by", ratio, "target 1.3 x"),
    ]


def sentences(count, rng):
    """Draw sentences of words of which few are frequent, as in a language: the n-th has odds of 1 / n."""
    lengths = np.clip(rng.normal(MEAN_LENGTH, SPREAD_OF_LENGTH, count).round().astype(int), 4, 30)
    odds = 1 / np.arange(1, WORDS - 3)
    return [" ".join(f"w{n}" for n in rng.choice(len(odds), length, p=odds / odds.sum())) for length in lengths]


def products(rows, columns):
    """CPU time of the product of a state of 64 examples with the weights of a core, NumPy and PyTorch, in us."""
    left, right = np.ones((BATCH, rows), np.float32), np.ones((rows, columns), np.float32)
    their_left, their_right = torch.from_numpy(left), torch.from_numpy(right)
    times = (milliseconds(lambda: left @ right, 101), milliseconds(lambda: their_left @ their_right, 101))
    return ", ".join(f"{1000 * each:.0f}" for each in times) + " us"


rng = np.random.default_rng(0)
dates = [(each.source, each.target) for each in dates_and_numbers(20 * BATCH, 0)]
spoken = list(zip(sentences(16 * BATCH, rng), sentences(16 * BATCH, rng), strict=True))
vocabulary = Words(tuple(f"w{n}" for n in range(WORDS - 4)))
small = Translator(units=96, embedding=32, decoder=Decoder(size=96, embedding=32))
large = Translator(
    units=256, embedding=256, decoder=Decoder(size=512, embedding=256), source=vocabulary, target=vocabulary
)
table(
    f"A network that translates beside PyTorch {torch.__version__}, CPU time, one thread",
    [
        *beside("dates", small, dates),
        *beside("words", large, spoken),
        ("a product, 64 x 96 x 288: NumPy, PyTorch", products(96, 288), ""),
        ("a product, 64 x 512 x 1536: NumPy, PyTorch", products(512, 1536), ""),
    ],
)
