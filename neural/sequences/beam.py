"""Beam search: the likeliest sentences, kept as they grow."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neural.sequences.vocabulary import END, PADDING, START
from saliency.learning.autodiff import stop_gradient
from saliency.learning.parameters import Parameters

if TYPE_CHECKING:
    from neural.sequences.decoder import Decoder

Array = Any
Numbers = NDArray[np.int32]


class DecoderState(NamedTuple):
    """Between two words: state of the core (n, size), and what attention has covered (n, 1, places), if that counts."""

    core: Array
    covered: Array


class Decoded(NamedTuple):
    """A sentence that was told.

    `words` are the numbers of its words, without the sign for its end; `weights` (words + 1, places) tell where each
    was looked for, with a last row for the end, if that was told; `log_prob` is that of all of it, in nats.
    """

    words: Numbers
    weights: NDArray[np.float32]
    log_prob: float


class Source(NamedTuple):
    """What can be attended to: words of a sentence, or cells of a picture.

    Parameters
    ----------
    values : array, shape (n, places, width)
        A vector for each place.
    mask : array of bool, shape (n, places), or None
        Places that exist; None: all.
    summary : array, shape (n, any)
        All of it in one vector: where the decoder starts, and all that it has without attention.
    bias : array, shape (n, places), or None
        Added to the scores: the logarithm of a prior over the places.
    """

    values: Array
    mask: NDArray[np.bool_] | None
    summary: Array
    bias: Array = None

    def repeated(self, times: int) -> "Source":
        """Give each source so many times in a row."""
        return Source(*(None if part is None else np.repeat(stop_gradient(part), times, axis=0) for part in self))

    def some(self, which: NDArray[Any]) -> "Source":
        """Give some of the sources."""
        return Source(*(None if part is None else part[which] for part in self))


class Beam:
    """Beginnings of sentences, `beam` of them for each source, the best first; those that ended are kept aside."""

    def __init__(
        self, decoder: "Decoder", parameters: Parameters, source: Source, beam: int, limits: NDArray[Any]
    ) -> None:
        self._decoder, self._parameters, self._beam, self._limits = decoder, parameters, beam, limits
        count = np.shape(source.values)[0]
        self._sources = Source(*(None if part is None else stop_gradient(part) for part in source)).repeated(beam)
        self._keys, self._state = decoder.begin(parameters, self._sources)
        self._told = np.full((count * beam, 1), START, np.int32)
        self._weights = np.zeros((count * beam, 0, np.shape(source.values)[1]), np.float32)
        self._scores = np.full((count, beam), -np.inf, np.float64)
        self._scores[:, 0] = 0
        self._ended: list[list[Decoded]] = [[] for _ in range(count)]
        self.length = 0

    @property
    def open(self) -> bool:
        """Whether any beginning can still become a sentence that counts."""
        return any(map(self._goes_on, range(len(self._ended))))

    def _goes_on(self, row: int) -> bool:
        return len(self._ended[row]) < self._beam and self.length < self._limits[row]

    def go_on(self) -> None:
        """Tell one word more of each beginning."""
        logs, weights, state = self._decoder.step(
            self._parameters, self._sources, self._keys, self._state, self._told[:, -1]
        )
        logs[:, [PADDING, START]] = -np.inf
        if self.length == 0:
            logs[:, END] = -np.inf  # no sentence is empty
        longer = np.concatenate([self._weights, weights[:, np.newaxis]], axis=1)
        origins, words, self._scores = self._chosen(logs, longer)
        self._told = np.concatenate([self._told[origins], words[:, np.newaxis]], axis=1)
        self._weights = longer[origins]
        self._state = DecoderState(state.core[origins], None if state.covered is None else state.covered[origins])
        self.length += 1
        self._cut_off()

    def _chosen(self, logs: NDArray[Any], longer: NDArray[Any]) -> tuple[NDArray[np.intp], Numbers, NDArray[Any]]:
        """Choose what goes on: from which beginnings (n * beam,), with which words, at which scores (n, beam).

        Sentences that end among the best `beam` are put aside.
        """
        count, beam = self._scores.shape
        total = (self._scores[..., np.newaxis] + logs.reshape(count, beam, -1)).reshape(count, -1)
        origins = np.zeros((count, beam), np.intp)
        words, scores = np.full((count, beam), END, np.int32), np.full((count, beam), -np.inf)
        for row, ranked in enumerate(_greatest(total, 2 * beam if beam > 1 else 1)):
            place = 0
            for rank, choice in enumerate(ranked):
                parent, word = divmod(int(choice), logs.shape[1])
                origin, value = row * beam + parent, float(total[row, choice])
                if not np.isfinite(value) or not self._goes_on(row):
                    continue
                if word == END and rank < beam:
                    self._ended[row].append(Decoded(self._told[origin, 1:], longer[origin], value))
                elif word != END and place < beam:
                    origins[row, place], words[row, place], scores[row, place] = origin, word, value
                    place += 1
        return origins.ravel(), words.ravel(), scores

    def _cut_off(self) -> None:
        """Take the best beginning of each source that may not grow, and of which no sentence has ended."""
        beam = self._scores.shape[1]
        for row, ended in enumerate(self._ended):
            if not ended and self.length == self._limits[row]:
                first = row * beam
                ended.append(Decoded(self._told[first, 1:], self._weights[first], float(self._scores[row, 0])))

    def best(self, length_penalty: float) -> list[Decoded]:
        """Give the best sentence of each source; one that was cut off only where none has ended."""
        return [
            max(ended, key=lambda each: each.log_prob / len(each.weights) ** length_penalty) for ended in self._ended
        ]


def _greatest(values: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Give where the greatest numbers of each row are, the greatest first."""
    count = min(count, values.shape[1])
    best = np.argpartition(-values, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(values, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)
