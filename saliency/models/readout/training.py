"""How the read-out learns: maximum likelihood of people's fixations, by AdamW."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache, partial
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
from numpy.typing import NDArray

from saliency.learning import loop
from saliency.learning.autodiff import stop_gradient
from saliency.learning.loop import Progress, Schedule, mean_gradients, random_batches
from saliency.models.centre_bias import CentreBias
from saliency.models.readout.channels import Channels
from saliency.models.readout.readout import WIDTHS, Parameters, Weights, random_parameters, scores
from saliency.recordings.recordings import Recordings

Map = NDArray[np.float32]
BATCH = 8
FEWEST = 5  # fixations of a crop
BLUR = 0.0125  # 0.4 degrees in pictures 32 degrees wide


class Example(NamedTuple):
    """One picture to learn from.

    Parameters
    ----------
    channels : array, shape (channels, rows, columns)
    counts : array, shape (rows, columns)
        Fixations that fell on each cell.
    places : array, shape (n, 2)
        The fixations, as shares of width and height.
    source : int
        The number of the set of recordings it comes from: each has a centre bias of its own.
    """

    channels: NDArray[np.float16]
    counts: Map
    places: NDArray[np.float64]
    source: int


class ReadoutLossTerms(NamedTuple):
    """What came of a picture: `bits` a fixation gained over an even density."""

    bits: float


def examples(
    sets: Sequence[Recordings], channels: Channels, *, executor: Executor | None = None
) -> Iterator[tuple[str, Example]]:
    """Work out the channels and the fixations of every picture of one or more sets; give name and example."""
    jobs = [(source, name) for source, recordings in enumerate(sets) for name in recordings]
    work = partial(_example, sets, channels)
    made: Iterable[Example] = map(work, jobs) if executor is None else executor.map(work, jobs, chunksize=4)
    for (_, name), example in zip(jobs, made, strict=True):
        yield name, example


def _example(sets: Sequence[Recordings], channels: Channels, job: tuple[int, str]) -> Example:
    source, name = job
    pixels = sets[source].pixels(name)
    try:
        maps = channels(pixels)
    except ValueError as error:
        raise ValueError(f"'{name}': {error}") from None
    height, width = pixels.shape[:2]
    places = (sets[source].places(name) + 0.5) / (width, height)
    counts = np.zeros(maps.shape[1:], np.float32)
    size = np.array(counts.shape[::-1])
    cells = np.clip((places * size).astype(np.int64), 0, size - 1)
    np.add.at(counts, (cells[:, 1], cells[:, 0]), 1)
    return Example(maps.astype(np.float16), counts, places, source)


def train(
    pictures: Sequence[Example],
    names: tuple[str, ...],
    *,
    rng: np.random.Generator | int,
    epochs: int = 70,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-2,
    dropout: float = 0.2,
    crops: float = 0.6,
    start: Weights | None = None,
    resume: Progress | None = None,
    provenance: str = "",
    watch: Callable[[Progress], None] | None = None,
) -> Weights:
    r"""Fit a read-out to what people looked at.

    The loss of a picture is the mean of :math:`-\ln p(q)` over the fixations on it. Half of the pictures are mirrored,
    and some are cropped, each time they are seen; maps are left out at random (dropout). Steps are those of AdamW, with
    a learning rate that falls along half a cosine.

    Parameters
    ----------
    pictures : sequence of Example
        From `examples`.
    names : tuple of str
        Of the plain channels.
    rng : numpy.random.Generator or int
        The same seed gives the same weights.
    epochs : int
        How often each picture is seen.
    learning_rate, weight_decay : float
        Of AdamW: the greatest step, and the share of it by which weights shrink.
    dropout : float
        Share of a level's maps that are left out, 0 to below 1.
    crops : float
        Share of the times that a picture is cropped, to 60 to 100 % of its sides.
    start : Weights, optional
        Go on from these (on new pictures: a fifth of the epochs will do).
    resume : Progress, optional
        Go on with a training that was stopped, bit for bit as if it had not been; all else must be as it was.
    provenance : str
        What is said in the file about the pictures and the people.
    watch : callable, optional
        Called with a `Progress` after each epoch; its terms of the loss are `ReadoutLossTerms`.

    Raises
    ------
    ValueError
        If there is no picture with fixations, `start` has other channels, or `resume` other epochs.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, ICLR.
    """
    seen = [each for each in pictures if each.counts.sum() > 0]
    if not seen:
        raise ValueError("expected pictures with fixations to learn from, got none")
    rng = np.random.default_rng(rng)
    count = len(seen[0].channels)
    if start is not None and (len(start.mean), start.names) != (count, names):
        wanted, given = (_told(*each) for each in ((start.names, len(start.mean)), (names, count)))
        raise ValueError(f"expected the channels of the weights to go on from, {wanted}; got {given}")
    mean, spread = _statistics(seen) if start is None else (start.mean, start.spread)
    sources = sorted({each.source for each in seen})
    biases = {source: centre_of([each for each in seen if each.source == source]) for source in sources}
    schedule = Schedule(
        epochs=epochs, items=len(seen), batch=BATCH, learning_rate=learning_rate, weight_decay=weight_decay
    )

    def batches(rng: np.random.Generator, _epoch: int) -> list[list[Example]]:
        return [[seen[k] for k in batch] for batch in random_batches(len(seen), BATCH, rng)]

    def picture_loss(parameters: Parameters, each: Example, rng: np.random.Generator) -> tuple[Any, ReadoutLossTerms]:
        channels, counts, log_bias = _view(each, biases[each.source], (mean, spread), rng, crops)
        masks = [_mask(width, dropout, rng) for width in WIDTHS]
        nats = _loss(parameters, channels, counts, log_bias, masks)
        return nats, ReadoutLossTerms(float(np.log2(counts.size) - stop_gradient(nats) / np.log(2)))

    parameters = loop.train(
        random_parameters(count, rng) if start is None else start.parameters,
        picture_loss,
        batches,
        schedule,
        rng=rng,
        gradients=mean_gradients,
        resume=resume,
        watch=watch,
    )
    centre = pooled([biases[source] for source in sources])
    return Weights(parameters, mean, spread, centre, names, BLUR, provenance)


def _told(names: tuple[str, ...], count: int) -> str:
    return f"{', '.join(names)}{f' and {count - len(names)} further' if count > len(names) else ''}"


def centre_of(pictures: Sequence[Example]) -> CentreBias:
    """Give the centre bias of the people who looked at these pictures."""
    return CentreBias.fit(np.concatenate([each.places for each in pictures]) - 0.5, (1, 1), kind="kernels")


def pooled(biases: Sequence[CentreBias]) -> CentreBias:
    """Give the mean of the densities of several sets of people."""
    cells = np.mean([np.asarray(bias.cells) for bias in biases], axis=0)
    return CentreBias(cells=tuple(map(tuple, cells.tolist())))


def _statistics(pictures: Sequence[Example]) -> tuple[Map, Map]:
    """Mean and standard deviation of each channel over all places of the pictures."""
    sums = np.zeros((2, len(pictures[0].channels)))
    places = 0
    for each in pictures:
        flat = each.channels.reshape(len(each.channels), -1).astype(np.float64)
        sums += flat.sum(axis=1), (flat**2).sum(axis=1)
        places += flat.shape[1]
    mean, square = sums / places
    spread = np.sqrt(np.maximum(square - mean**2, 1e-6))
    return mean.astype(np.float32), spread.astype(np.float32)


def _view(
    example: Example,
    bias: CentreBias,
    units: tuple[Map, Map],
    rng: np.random.Generator,
    crops: float,
) -> tuple[Map, Map, Map]:
    """Give channels, counts and log centre bias of a picture, mirrored or not, cropped or not."""
    mean, spread = (unit[:, np.newaxis, np.newaxis] for unit in units)
    channels = (example.channels.astype(np.float32) - mean) / spread
    counts, log_bias = example.counts, _log_bias(bias, example.counts.shape)
    if rng.random() < crops:
        sides = tuple(max(2, round(side * rng.uniform(0.6, 1))) for side in counts.shape)
        corner = [int(rng.integers(full - side + 1)) for full, side in zip(counts.shape, sides, strict=True)]
        window = tuple(slice(low, low + side) for low, side in zip(corner, sides, strict=True))
        if counts[window].sum() >= FEWEST:
            channels, counts, log_bias = channels[(slice(None), *window)], counts[window], log_bias[window]
    if rng.random() < 0.5:
        channels, counts, log_bias = channels[:, :, ::-1], counts[:, ::-1], log_bias[:, ::-1]
    return np.ascontiguousarray(channels), counts, log_bias


@lru_cache(maxsize=256)
def _log_bias(bias: CentreBias, shape: tuple[int, ...]) -> Map:
    log: Map = bias.log_density(shape).astype(np.float32)
    return log


def _mask(width: int, dropout: float, rng: np.random.Generator) -> Map:
    kept = rng.random(width) >= dropout
    return (kept / np.float32(1 - dropout)).astype(np.float32)[:, np.newaxis, np.newaxis]


def _loss(parameters: Parameters, channels: Map, counts: Map, log_bias: Map, masks: list[Map]) -> Any:  # noqa: ANN401
    """Mean of -ln p over the fixations on one picture."""
    score = scores(parameters, channels, masks) + parameters["centre"] * log_bias
    greatest = np.float32(stop_gradient(score).max())
    log_sum = greatest + anp.log(anp.sum(anp.exp(score - greatest)))
    return log_sum - anp.sum(score * counts) / np.float32(counts.sum())
