"""What is attention to sentences and words worth? Three classifiers, equal CPU time, reports with a planted sentence.

`OPENBLAS_NUM_THREADS=1 python benchmarks/documents.py`. Each learns from generated reports (7 to 16 sentences) for so
much CPU time, and is then asked: right answers on 500 new reports, and on 300 long ones (53 to 76 sentences); how often
the planted sentence, and the planted word in it, is attended to most; how often the answer changes without the sentence
that is attended to most / without another one. "95 % at s": when 95 % of an epoch were right. First: what can be told
from the words alone, and from the last sentence alone.
"""

import argparse
import time
from functools import partial
from typing import NamedTuple

import autograd.numpy as anp
import numpy as np

from demos.training.control import cpu_seconds
from neural.layers.primitives import cross_entropy
from neural.sequences.deletion import deletion
from neural.sequences.documents import ATTENTIONS, DocumentClassifier, split_sentences
from neural.sequences.reports import generated_documents

BATCH, CLOCKED = 32, 2  # documents; epochs from which the time of one is measured
SEEDS = (0, 1, 2)
LINE = "{:<13}" + "{:>11}" * 8


class LossTerms(NamedTuple):
    """What came of a batch."""

    error: float


def texts(documents):
    return [each.text for each in documents]


def labels(documents):
    return [each.label for each in documents]


def share(right):
    return f"{100 * np.mean(list(right)):.1f}"


def accuracy(classifier, documents):
    readings = classifier.predict(texts(documents))
    return share(reading.label == each.label for reading, each in zip(readings, documents, strict=True))


def trained(attention, documents, seed, seconds):
    """Give a classifier that has learned for so long, the time that it took, and when it got 95 % of an epoch right."""
    network = DocumentClassifier(attention=attention)
    network.fit(texts(documents[: 2 * BATCH]), labels(documents[: 2 * BATCH]), rng=0, epochs=1)  # compiles the kernels
    fit = partial(network.fit, texts(documents), labels(documents), batch=BATCH)
    epochs = round(seconds * CLOCKED / cpu_seconds(partial(fit, rng=0, epochs=CLOCKED)))
    start, curve = time.process_time(), []
    learned = fit(
        rng=seed,
        epochs=epochs,
        watch=lambda p: curve.append((time.process_time() - start, p.loss_terms.accuracy)),
    )
    known = [f"{seconds:.0f}" for seconds, right in curve if right >= 0.95]
    return learned, time.process_time() - start, known[0] if known else "never"


def row(attention, seed, seconds, train, test, long):
    network, took, known = trained(attention, train, seed, seconds)
    readings = network.predict(texts(test))
    places = [reading.most_attended() for reading in readings]
    found = share(place[0] == each.sentence for place, each in zip(places, test, strict=True))
    words = share(place == (each.sentence, each.word) for place, each in zip(places, test, strict=True))
    gone = deletion(network, texts(test), rng=seed)
    attended = (found, words, f"{100 * gone.attended:.0f} / {100 * gone.other:.0f}")
    shown = ("-",) * 3 if attention == "none" else attended
    return attention, seed, f"{took:.0f}", known, accuracy(network, test), accuracy(network, long), *shown


def bag_of_words(train, test):
    """Give the share that a log-linear model of the counts of words gets right."""
    words = sorted({word for each in train for word in each.text.lower().split()})
    classes = sorted(set(labels(train)))

    def counted(documents):
        known = {word: place for place, word in enumerate(words)}
        counts = np.zeros((len(documents), len(words)), np.float32)
        for bag, each in zip(counts, documents, strict=True):
            np.add.at(bag, [known[word] for word in each.text.lower().split() if word in known], 1)
        return counts, np.array([classes.index(each.label) for each in documents])

    counts, wanted = counted(train)

    def loss(weights, part, rng):
        scores = anp.matmul(counts[part], weights["words"])
        total = anp.sum(cross_entropy(scores, wanted[part])) * np.float32(1 / BATCH)
        return total, LossTerms(0.0)

    batches = np.arange(len(train) // BATCH * BATCH).reshape(-1, BATCH)
    start = {"words": np.zeros((len(words), len(classes)), np.float32)}
    learned = train(start, loss, lambda rng: batches, rng=0, epochs=30, count=len(batches), learning_rate=1e-2)
    counts, wanted = counted(test)
    return share((counts @ learned["words"]).argmax(axis=1) == wanted)


def last_sentence(train, test):
    """Give the share that a classifier gets right that is given the last sentence only."""
    ends = [[[split_sentences(each.text)[-1]] for each in documents] for documents in (train, test)]
    network = DocumentClassifier(attention="flat").fit(ends[0], labels(train), rng=0, epochs=3)
    pairs = zip(network.predict(ends[1]), test, strict=True)
    return share(reading.label == each.label for reading, each in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="of CPU time, for each training")
    parser.add_argument("--documents", type=int, default=500, help="to learn from")
    options = parser.parse_args()
    train, test = generated_documents(options.documents, 100), generated_documents(500, 101)
    long = generated_documents(300, 102, fillers=(50, 70))
    print(f"words alone: {bag_of_words(train, test)} % right; last sentence alone: {last_sentence(train, test)} %")
    heads = ("attention", "seed", "CPU s", "95 % at s", "right %", "long %", "sentence %", "word %", "changed %")
    print(LINE.format(*heads))
    for attention in ATTENTIONS:
        for seed in SEEDS:
            print(LINE.format(*row(attention, seed, options.seconds, train, test, long)), flush=True)


if __name__ == "__main__":
    main()
