r"""Captions by a network that looks at the picture before each word: convolutions, and a decoder that attends.

The encoder makes a grid of cells, each with a vector that tells what is there and where that is. Without attention the
decoder gets one short vector for the whole picture, its gist: what does not fit is lost. With attention it looks back
at the cells before each word: softly, at all of them by weights, or hard, at one of them, as an eye does.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import autograd.numpy as anp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing, as_image
from foveation.checks import check_number
from foveation.opencv import cv2
from neural.glimpses.rollout import check_pictures
from neural.layers.convolution import convolution_relu
from neural.layers.primitives import linear
from neural.layers.recurrent import he_normal
from neural.sequences.beam import Decoded, Source
from neural.sequences.decoder import Decoder
from neural.sequences.scenes import CaptionedScenes
from neural.sequences.teacher_forcing import SequenceLossTerms, teacher_forcing_loss
from neural.sequences.vocabulary import Words
from saliency import Scanpath
from saliency.learning.loop import CLIP_NORM, Progress, Schedule, batches_by_length, train
from saliency.learning.parameters import Parameters
from saliency.models.catalogue import Model

Array = NDArray[Any]
Numbers = NDArray[np.int32]

LAYERS = ((2, 0), (2, 0), (2, 1))  # stride and shift of the first layers; all further ones keep rows and columns
CELL = math.prod(stride for stride, _ in LAYERS)  # pixels a side that a cell of the grid stands for
PLACE = 0.3  # spread of the codes of places to start with: small beside what an object makes of a cell
DOUBT = 0.1  # share of the prior that is spread over all cells: saliency may be wrong
JUDGED = 1000  # pictures from which the light is judged
DIMMEST = 1e-3  # least standard deviation of the light that pictures are taken to have
LARGEST = 1024  # pixels, the side of a picture
AT_ONCE = 128  # pictures that are described at a time


class Caption(NamedTuple):
    """What was said about a picture, and where attention was at each word.

    Parameters
    ----------
    text : str
        The sentence.
    words : list of str
        Its words and marks; the last one is "", the end, if that was told.
    weights : array of float32, shape (words, rows, columns)
        Attention on the cells of a grid, each of which is 8 pixels wide and high; they sum to one at each word (or are
        0 without attention).
    log_prob : float
        Of the sentence, in nats, as the network sees it.
    """

    text: str
    words: list[str]
    weights: NDArray[np.float32]
    log_prob: float

    @property
    def places(self) -> NDArray[np.float64]:
        """Middle (x, y), in pixels of the picture, of the cell with the greatest weight at each word: (words, 2)."""
        best = self.weights.reshape(len(self.weights), -1).argmax(axis=1)
        return (np.stack(np.divmod(best, self.weights.shape[2])[::-1], axis=1) + 0.5) * CELL - 0.5

    def scanpath(self, viewing: Viewing, *, word_s: float = 0.25, stimulus: str = "") -> Scanpath:
        """Give where the network looked most, a fixation a word, as a `Scanpath`; all it looked at if it chose hard.

        Parameters
        ----------
        viewing : Viewing
            The screen on which the picture stands.
        word_s : float
            How long each word is taken to last, in seconds: the network knows no time.
        stimulus : str
            The picture's name, for the tables.

        Raises
        ------
        ValueError
            If there was no attention.

        Examples
        --------
        >>> weights = np.eye(4, dtype=np.float32)[:2].reshape(2, 2, 2)
        >>> caption = Caption("a dog", ["a", "dog"], weights, 0.0)
        >>> caption.scanpath(Viewing.from_pixels_per_degree(8, (16, 16))).places
        array([[ 3.5,  3.5],
               [11.5,  3.5]])
        """
        if not self.weights.any():
            raise ValueError("expected a caption of a network that attends, got one without attention")
        places, (count, rows, columns) = self.places, self.weights.shape
        onset: NDArray[np.float64] = np.arange(count) * np.float64(word_s)
        return Scanpath(
            x=places[:, 0],
            y=places[:, 1],
            onset=onset,
            duration=np.full(count, word_s),
            score=self.weights.reshape(count, -1).max(axis=1),
            viewing=viewing.of_picture((CELL * rows, CELL * columns)),
            watched=count * word_s,
            stimulus=stimulus,
            subject="Captioner",
        )


@dataclass(frozen=True, kw_only=True)
class Captioner:
    r"""A network that says what is in a picture: convolutions, and a decoder with attention.

    Layers of 3 x 3 convolutions, the first three of which halve rows and columns, make of a picture a grid of cells
    :math:`f_i`. What the decoder looks at is

    .. math:: v_i = f_i + p_i, \qquad g = W [f_1 \dots f_n] + b

    with a learned code :math:`p_i` of the cell's place, and the gist :math:`g`, where the decoder starts and all that
    it has without attention.

    Parameters
    ----------
    size : int
        Side of the pictures, in pixels: a multiple of 8, up to 1024.
    channels : tuple of int
        Units of each layer, at least three layers.
    gist : int
        Length of :math:`g`.
    decoder : Decoder
        How the sentence is told. `Decoder(normalise="sample")` looks at one cell at a time, and learns where by reward;
        a share of its batches, which falls from all to none, is learned from softly (half of them in [1]_).
        `Decoder(form="none")` is the control without attention.
    vocabulary : Words
        Of the sentences; all words of those that it learns from if none is given.
    light : tuple of float
        Mean and standard deviation of the pixels, 0 to 1, from which brightness is counted; those of the pictures that
        it learns from if none is given.
    prior : callable
        A saliency model, from a picture (height, width, 3) to a map (height, width): the logarithm of its share on each
        cell is added to the scores of attention. Any one of `saliency.MODELS`; None: no prior.
    max_length : int
        Words of a sentence at most.
    weights : dict of str to array
        What it has learned.

    Raises
    ------
    ValueError
        If the size is no multiple of 8, there are fewer than three layers, or a number is not positive.

    References
    ----------
    .. [1] Xu et al. (2015), Show, attend and tell: neural image caption generation with visual attention, ICML,
       section 4.

    Examples
    --------
    >>> from neural.sequences.scenes import rendered_scenes
    >>> scenes = rendered_scenes(40, rng=0, objects=(1, 1), size=24)
    >>> decoder = Decoder(size=32, embedding=8, form="bahdanau")
    >>> captioner = Captioner(size=24, channels=(8, 8, 16), gist=8, decoder=decoder)
    >>> captioner = captioner.fit(scenes.images, scenes.captions, rng=0, epochs=20)
    >>> caption = captioner.caption(scenes.images[:1])[0]
    >>> caption.words[0], caption.weights.shape[1:]
    ('a', (3, 3))
    """

    size: int = 64
    channels: tuple[int, ...] = (16, 32, 64)
    gist: int = 64
    decoder: Decoder = field(default_factory=lambda: Decoder(size=128, embedding=32, score="additive"))
    vocabulary: Words | None = None
    light: tuple[float, float] | None = None
    prior: Model | None = None
    max_length: int = 60
    weights: Parameters = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not CELL <= self.size <= LARGEST or self.size % CELL:
            raise ValueError(f"expected a size that is a multiple of {CELL}, up to {LARGEST} pixels, got {self.size}")
        if len(self.channels) < len(LAYERS) or min(self.channels) < 1:
            raise ValueError(f"expected at least {len(LAYERS)} layers of at least one unit each, got {self.channels}")
        for name in ("gist", "max_length"):
            check_number(getattr(self, name), f"a {name} of at least 1", least=1)
        if self.light is not None and not (len(self.light) == 2 and self.light[1] > 0):
            raise ValueError(f"expected a mean and a positive standard deviation of the light, got {self.light}")

    @property
    def control(self) -> Self:
        """The same network without attention, and without what it has learned."""
        return replace(self, decoder=replace(self.decoder, form="none"), prior=None, weights={})

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.size // CELL, self.size // CELL

    def resized(self, image: ArrayLike) -> NDArray[np.float32]:
        """Bring a picture of any size to the one that the network sees, (size, size, 3): its shape is kept.

        The longer side is made to fit, and what is then missing on both of the other sides goes on as the picture ends.
        """
        pixels = as_image(image)
        scale = self.size / max(pixels.shape[:2])
        height, width = (max(round(scale * length), 1) for length in pixels.shape[:2])
        fitted = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        rows, columns = ((missing // 2, missing - missing // 2) for missing in (self.size - height, self.size - width))
        return np.pad(fitted, (rows, columns, (0, 0)), mode="edge")

    def prepared(self, images: Array, captions: Sequence[str]) -> Self:
        """Give it a vocabulary and the light of the pictures, if it has none."""
        some = images[:: -(-len(images) // JUDGED)] / np.float32(255 if images.dtype == np.uint8 else 1)
        light = self.light or (float(some.mean()), max(float(some.std()), DIMMEST))
        return replace(self, vocabulary=self.vocabulary or Words.learn(captions, least=1), light=light)

    def initial(self, rng: np.random.Generator | int) -> Self:
        """Draw weights to start from; it must have a vocabulary."""
        rng = np.random.default_rng(rng)
        made: Parameters = {}
        widths = (3, *self.channels)
        for number, (before, after) in enumerate(zip(widths, self.channels, strict=False)):
            made[f"layer {number}"] = he_normal(9 * before, after, rng, gain=math.sqrt(2))
            made[f"layer {number} bias"] = np.zeros(after, np.float32)
        places, width = math.prod(self.grid), widths[-1]
        if self.decoder.form != "none":
            made["place"] = (PLACE * rng.standard_normal((places, width))).astype(np.float32)
        made["gist"] = he_normal(places * width, self.gist, rng)
        made["gist bias"] = np.zeros(self.gist, np.float32)
        made |= self.decoder.initial(tokens=len(self._words), width=width, summary=self.gist, rng=rng)
        return replace(self, weights=made)

    def _check_weights(self) -> None:
        """Refuse to tell with nothing learned, or with the vocabulary of another network."""
        if not self.weights:
            raise ValueError("expected a captioner that has learned: call `fit` first")
        if len(self._words) != len(self.weights["words"]):
            raise ValueError(
                f"the vocabulary is that of another network: it has {len(self._words)} words, "
                f"and this one has learned with {len(self.weights['words'])}"
            )

    @property
    def _words(self) -> Words:
        if self.vocabulary is None:
            raise ValueError("expected a captioner with a vocabulary: call `fit` first, or `prepared`")
        return self.vocabulary

    def fit(
        self,
        images: ArrayLike,
        captions: Sequence[str],
        *,
        rng: np.random.Generator | int,
        epochs: int = 10,
        batch: int = 48,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.0,
        resume: Progress | None = None,
        watch: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Learn from pictures and what is said about them, by AdamW and teacher forcing.

        One thread for linear algebra is fastest (`OPENBLAS_NUM_THREADS=1`).

        Parameters
        ----------
        images : array, shape (n, size, size, 3)
            Of uint8, or float from 0 to 1.
        captions : sequence of str
            A sentence for each.
        rng : numpy.random.Generator or int
            The same seed gives the same weights.
        epochs : int
            How often each picture is seen.
        batch : int
            Pictures from which one step is made; their sentences are about equally long.
        learning_rate, weight_decay : float
            Of AdamW: the greatest step, and the share of it by which weights shrink.
        resume : Progress
            Go on with a training that was stopped.
        watch : callable
            Called with a `Progress` after each epoch.

        Raises
        ------
        ValueError
            If the pictures are of another size, there is not one sentence for each, or one is empty.
        """
        pixels = self._checked(images)
        if len(captions) != len(pixels):
            raise ValueError(f"expected a sentence for each of the {len(pixels)} pictures, got {len(captions)}")
        schedule = Schedule(
            epochs=epochs,
            items=len(pixels),
            batch=batch,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clip_norm=CLIP_NORM,
        )
        rng = np.random.default_rng(rng)
        learner = self.prepared(pixels, captions)
        learner = learner if learner.weights else learner.initial(rng)
        sentences = learner._numbers(captions)
        lengths = np.array([len(sentence) for sentence in sentences])
        biases = learner._biases(pixels)

        def batches(rng: np.random.Generator, epoch: int) -> list[tuple[NDArray[np.intp], Decoder]]:
            dealt = batches_by_length(lengths, batch, rng)
            done = [epoch / epochs + number / len(dealt) / epochs for number in range(len(dealt))]
            return [(which, learner._teller(share, rng)) for which, share in zip(dealt, done, strict=True)]

        def loss(
            weights: Parameters, lesson: tuple[NDArray[np.intp], Decoder], rng: np.random.Generator
        ) -> tuple[Any, SequenceLossTerms]:
            which, teller = lesson
            source = learner.encode(weights, pixels[which], None if biases is None else biases[which])
            return teacher_forcing_loss(teller, weights, source, [sentences[each] for each in which], rng)

        learned = train(learner.weights, loss, batches, schedule, rng=rng, resume=resume, watch=watch)
        return replace(learner, weights=learned)

    def _teller(self, done: float, rng: np.random.Generator) -> Decoder:
        """Give the decoder for a batch, after this share of learning: one that draws places looks softly at first."""
        if self.decoder.normalise == "sample" and rng.random() >= done:
            return replace(self.decoder, normalise="softmax")
        return self.decoder

    def _numbers(self, captions: Sequence[str]) -> list[Numbers]:
        for row, caption in enumerate(captions, start=1):
            if not caption.strip():
                raise ValueError(f"expected a sentence for each picture, but that of picture {row} is empty")
        return [self._words.encode(caption) for caption in captions]

    def encode(self, weights: Parameters, pixels: Array, bias: Array | None = None) -> Source:
        """Look at pictures (n, size, size, 3); give their cells and gist, with what is added to the scores."""
        maps: Any = self._standardised(pixels)
        for number in range(len(self.channels)):
            stride, shift = LAYERS[number] if number < len(LAYERS) else (1, 0)
            layer = weights[f"layer {number}"], weights[f"layer {number} bias"]
            maps = convolution_relu(maps, *layer, stride=stride, shift=shift)
        count, rows, columns, width = np.shape(maps)
        gist = linear(anp.reshape(maps, (count, -1)), weights["gist"], weights["gist bias"])
        cells = anp.reshape(maps, (count, rows * columns, width))
        return Source(cells if self.decoder.form == "none" else cells + weights["place"], None, gist, bias)

    def _standardised(self, pixels: Array) -> NDArray[np.float32]:
        mean, spread = self.light or (0.0, 1.0)
        unit = 255 if pixels.dtype == np.uint8 else 1
        maps: NDArray[np.float32] = np.subtract(pixels, np.float32(unit * mean), dtype=np.float32)
        maps *= np.float32(1 / (unit * spread))
        return maps

    def _biases(self, pixels: Array) -> NDArray[np.float32] | None:
        r"""Give the logarithm of the prior on each cell, (n, cells), relative to one that is even; None without."""
        if self.prior is None:
            return None
        maps = np.stack([np.asarray(self.prior(as_image(image)), np.float64) for image in pixels])
        rows, columns = self.grid
        masses = maps.reshape(len(maps), rows, CELL, columns, CELL).sum(axis=(2, 4)).reshape(len(maps), -1)
        total = masses.sum(axis=1, keepdims=True)
        even = 1 / masses.shape[1]
        shares = np.divide(masses, total, out=np.full_like(masses, even), where=total > 0)
        return np.asarray(np.log((1 - DOUBT) * shares / even + DOUBT), np.float32)

    def caption(self, images: ArrayLike, *, beam: int = 1) -> list[Caption]:
        """Say what is in pictures.

        Parameters
        ----------
        images : array, shape (n, size, size, 3)
            Of uint8, or float from 0 to 1; `resized` makes such a one of any picture.
        beam : int
            Beginnings of sentences that are followed at a time; 1: greedily, the most probable word each time.

        Raises
        ------
        ValueError
            If the pictures are of another size, or nothing has been learned yet.
        """
        pixels = self._checked(images)
        self._check_weights()
        told: list[Decoded] = []
        for first in range(0, len(pixels), AT_ONCE):
            some = pixels[first : first + AT_ONCE]
            source = self.encode(self.weights, some, self._biases(some))
            told += self.decoder.decode(self.weights, source, beam=beam, max_length=self.max_length)
        return [self._shown(decoded) for decoded in told]

    def align(self, images: ArrayLike, captions: Sequence[str]) -> list[Caption]:
        """Give where the network looks for each word of sentences that are given, and how probable they are to it.

        Raises
        ------
        ValueError
            If the pictures are of another size, there is not one sentence for each, or one is empty.
        """
        self._check_weights()
        pixels, sentences = self._checked(images), self._numbers(captions)
        if len(pixels) != len(sentences):
            raise ValueError(f"expected a sentence for each of the {len(pixels)} pictures, got {len(sentences)}")
        told: list[Decoded] = []
        for first in range(0, len(pixels), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            source = self.encode(self.weights, pixels[some], self._biases(pixels[some]))
            told += self.decoder.align(self.weights, source, sentences[some])
        return [self._shown(decoded) for decoded in told]

    def _shown(self, decoded: Decoded) -> Caption:
        words = [self._words.piece(number) for number in decoded.words]
        ended = len(decoded.weights) > len(words)
        weights = decoded.weights.reshape(-1, *self.grid)
        return Caption(self._words.join(words), words + [""] * ended, weights, decoded.log_prob)

    def _checked(self, images: ArrayLike) -> Array:
        pixels = check_pictures(images)
        if pixels.shape[1:] != (self.size, self.size, 3):
            raise ValueError(
                f"expected pictures (n, {self.size}, {self.size}, 3), got shape {pixels.shape}; "
                "`resized` brings any picture to this size"
            )
        return pixels


def pointing_game(captions: Sequence[Caption], scenes: CaptionedScenes, *, tolerance_px: float = 0.0) -> float:
    """Tell how often a network looks at what it names: the share of the words that name an object at which it did.

    At each such word of the right sentence it counts whether the middle of the cell with the greatest weight lies in
    the box of the object; a word that was never told does not.

    Parameters
    ----------
    captions : sequence of Caption
        What was said about each scene.
    scenes : CaptionedScenes
        What was to be said, and where.
    tolerance_px : float
        How far beside the box still counts, in pixels, from 0 up. Published: 15 in photographs of some 500.

    Raises
    ------
    ValueError
        If there is not one caption for each scene, or the tolerance is negative.

    References
    ----------
    Zhang et al. (2018), Top-down neural attention by excitation backprop, International Journal of Computer Vision 126,
    section 4.1.

    Examples
    --------
    >>> from neural.sequences.scenes import rendered_scenes
    >>> scenes = rendered_scenes(1, rng=0, objects=(1, 1))
    >>> x, y = ((scenes.boxes[0][0, :2] + scenes.boxes[0][0, 2:]) / 2 + 0.5) // CELL
    >>> weights = np.zeros((4, 8, 8), np.float32)
    >>> weights[:3, int(y), int(x)] = weights[3, 7, 0] = 1  # "a", size and colour there, the shape elsewhere
    >>> caption = Caption(scenes.captions[0], scenes.captions[0].split(), weights, 0.0)
    >>> round(pointing_game([caption], scenes), 2)
    0.67
    """
    if len(captions) != len(scenes.boxes):
        raise ValueError(f"expected a caption for each of the {len(scenes.boxes)} scenes, got {len(captions)}")
    if not tolerance_px >= 0:
        raise ValueError(f"expected a tolerance from 0 px up, got {tolerance_px}")
    hits: list[NDArray[np.bool_]] = []
    for caption, boxes, named in zip(captions, scenes.boxes, scenes.words, strict=True):
        words = np.flatnonzero(named >= 0)
        places = np.full((len(named), 2), np.nan)
        told = min(len(named), len(caption.weights))
        places[:told] = caption.places[:told]
        around = boxes[named[words]] + tolerance_px * np.array([-1, -1, 1, 1])
        inside = (around[:, :2] <= places[words]) & (places[words] <= around[:, 2:])
        hits.append(np.logical_and.reduce(inside, axis=1))
    return float(np.concatenate(hits).mean())
