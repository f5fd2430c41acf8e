"""How the eyes read: a reader in the E-Z Reader family, and what each fixation of a reader, or of a person, is on."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Acuity, GeislerPerry, Viewing, saccade_duration
from foveation.checks import check_number, check_positive
from neural.reading.page import Page
from neural.reading.statistics import LEGIBLE, READERS_TIMED, Reading
from saliency.scanpaths.scanpath import Scanpath

BY_LENGTH = (7.1, 6.9, 6.7, 5.8, 5.2, 4.9, 4.7, 4.5, 4.4, 4.4, 4.2, 4.1)  # Zipf value of words of 1, 2 ... letters
RAREST = 1.0  # Zipf value of a word that a list does not know


def zipf_by_length(letters: ArrayLike) -> NDArray[np.float64]:
    """Give how frequent a word is that is known only by its length: the mean Zipf value of running words.

    The Zipf value is the decimal logarithm of the number of times a word occurs in a thousand million words: 3 is rare,
    7 as frequent as "the". The means are those of the English list of wordfreq, each word weighted by its frequency;
    those of French, Italian and Spanish are within 0.3.

    References
    ----------
    van Heuven, Mandera, Keuleers and Brysbaert (2014), Q. J. Exp. Psychol. 67: the scale. Speer (2022), wordfreq.

    Examples
    --------
    >>> zipf_by_length([1, 3, 8, 30])
    array([7.1, 6.7, 4.5, 4.1])
    """
    counts = np.clip(np.asarray(letters, np.int64), 1, len(BY_LENGTH))
    zipf: NDArray[np.float64] = np.array(BY_LENGTH)[counts - 1]
    return zipf


def zipf_of(page: Page, language: str | None = None) -> NDArray[np.float64]:
    """Give how frequent each word of a page is, (n,), as a Zipf value.

    Parameters
    ----------
    page : Page
        The page.
    language : str or None
        Two letters, such as "en": the list of the package wordfreq is asked, marks around a word left out. None, and
        for words whose spelling is unknown: `zipf_by_length`.

    Raises
    ------
    ImportError
        If a language is named and wordfreq is not installed.
    ValueError
        If wordfreq has no list of this language.

    Examples
    --------
    >>> zipf_of(Page.of_text("the retina")[0])
    array([6.7, 4.9])
    """
    zipf = zipf_by_length(page.letters)
    if language is None:
        return zipf
    try:
        import wordfreq
    except ImportError:
        raise ImportError(
            'word frequencies by language need wordfreq (pip install "foveal[reading]"); without a language, '
            "frequencies follow from the length of words"
        ) from None
    if language not in wordfreq.available_languages():
        known = ", ".join(sorted(wordfreq.available_languages()))
        raise ValueError(f"there is no list of words for the language '{language}'; there are {known}")
    for k, word in enumerate(page.words):
        if any(map(str.isalnum, word.text)):
            zipf[k] = max(RAREST, wordfreq.zipf_frequency(word.text, language))
    return zipf


@dataclass(frozen=True, kw_only=True)
class Reader:
    r"""Serial attention shifts in reading (E-Z Reader): attention goes from word to word, and the eye follows it.

    Attention is on one word at a time. A word is recognised in two stages [1]_. The first, a familiarity check, takes

    .. math:: t_1 = (\alpha_1 - \alpha_2 \ln f)\, \frac1N \sum_{i=1}^{N}
              \left(\frac{f_c(0)}{f_c(e_i)}\right)^{\kappa}, \qquad t_2 = \Delta\, (\alpha_1 - \alpha_2 \ln f)

    with :math:`f` the word's occurrences in a million, :math:`e_i` the eccentricity of its letter :math:`i`, and
    :math:`f_c` the cut-off frequency of the acuity law: words away from the gaze, long ones and rare ones take longer.
    When the first stage is complete, a saccade to the next word is programmed. When the second, :math:`t_2`, is
    complete, attention moves to the next word, while the eye is still here.

    A program is labile at first: if the next word's familiarity check is complete before that stage ends, the program
    is cancelled by one to the word after, and that word is skipped. Then it is non-labile: the eye will leave. A
    saccade of a length :math:`d`, in letters, after a fixation of :math:`F` ms lands at

    .. math:: d + (\Psi - d)\, \frac{6 - \ln F}{3} + \epsilon, \qquad \epsilon \sim N(0,\; \eta_1 + \eta_2 d)

    so short ones overshoot and long ones fall short, less so after long fixations. A landing away from the middle of
    the word that was meant makes a second saccade to it likely (a refixation), unless the familiarity check is complete
    first. Now and then a word that was recognised does not fit what was read before: attention and eye go back to it,
    or to the word before it (a regression). At the end of a line the eye waits for the second stage, sweeps to the next
    line, and falls short by a share of the way.

    Parameters
    ----------
    familiarity : float
        :math:`\alpha_1`, in seconds: the first stage of a word that occurs once in a million words, seen straight on.
    frequency_gain : float
        :math:`\alpha_2`, in seconds.
    completion : float
        :math:`\Delta`, the second stage as a share of the first seen straight on.
    shift : float
        Time that attention takes to move to another word, in seconds.
    acuity : Acuity
        Law of acuity.
    acuity_power : float
        :math:`\kappa`: by how much recognition slows down as acuity falls.
    labile, nonlabile : float
        Stages of a saccade program, in seconds.
    lag : float
        Time from the eye's landing until what it sees there reaches recognition, in seconds.
    variation : float
        Standard deviation of the time of any stage, as a share of its mean (gamma distribution).
    preferred : float
        :math:`\Psi`, preferred length of saccades, in letters.
    error, error_growth : float
        :math:`\eta_1` in letters, and :math:`\eta_2`, of the random error.
    refixation : float
        Probability of a refixation for each letter between the landing and the middle of the word that was meant.
    regression : float
        Probability that a word does not fit, from 0 to below 1.
    undershoot, sweep_error : float
        Share of the way by which a sweep to another line falls short, and the standard deviation of that share.
    wobble : float
        Standard deviation of the height of a fixation, as a share of the distance of lines.
    language : str or None
        For `zipf_of`.
    pace : float
        Factor of all times of recognition; see `at_pace`.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Notes
    -----
    `familiarity`, `frequency_gain`, `labile`, `acuity_power`, `refixation` and `regression` were fitted to 12 adults on
    6 pages, half of those of Carr et al. (2022): mean and spread of durations, forward and backward saccades, and
    skipping of words of 2, 4, 6 and 8 letters; word frequencies by length, a letter of 0.3 degrees. `undershoot` and
    `sweep_error` are from where they landed on a new line. On the other 6 pages mean duration and forward saccades come
    within 10 % of people's, and skipping within 20 %. The model reads faster, as people go back over more words. All
    other constants are those of E-Z Reader. Other readers and texts take other times: see `at_pace`.

    What a word means and how predictable it is are unknown. Lines run from left to right.

    References
    ----------
    .. [1] Reichle, Pollatsek, Fisher and Rayner (1998), Toward a model of eye movement control in reading, Psychol.
       Rev. 105; Reichle, Warren and McConnell (2009), Psychon. Bull. Rev. 16 (integration and regressions). The
       original slows by 1.15 for each letter of eccentricity. Carr, Pescuma, Furlan, Ktori and Crepaldi (2022), Behav.
       Res. Methods 54 (the recordings).

    Examples
    --------
    >>> page = Page.of_text("People who read do not see the page: a few words at a time are all there is.")[0]
    >>> viewing = Viewing.from_pixels_per_degree(36, page.shape)
    >>> reading = Reader().read(page, viewing, rng=0)
    >>> reading.kind[0], int(reading.word[-1]), bool(reading.path.duration.mean() < 0.4)
    ('first pass', 17, True)
    """

    familiarity: float = 0.072
    frequency_gain: float = 0.0053
    completion: float = 0.34
    shift: float = 0.025
    acuity: Acuity = GeislerPerry()  # noqa: RUF009
    acuity_power: float = 1.25
    labile: float = 0.11
    nonlabile: float = 0.025
    lag: float = 0.05
    variation: float = 0.22
    preferred: float = 7.0
    error: float = 0.5
    error_growth: float = 0.15
    refixation: float = 0.194
    regression: float = 0.204
    undershoot: float = 0.015
    sweep_error: float = 0.03
    wobble: float = 0.08
    language: str | None = None
    pace: float = 1.0

    def __post_init__(self) -> None:
        check_positive(self, "familiarity", "labile", "nonlabile", "variation", "preferred", "pace")
        for name in (
            "frequency_gain", "completion", "shift", "acuity_power", "lag", "error", "error_growth", "refixation",
            "sweep_error", "wobble",
        ):  # fmt: skip
            check_number(getattr(self, name), f"a {name} from 0 up", least=0)
        for name in ("regression", "undershoot"):
            check_number(getattr(self, name), f"a {name} from 0 to below 1", least=0, below=1)

    def read(self, page: Page, viewing: Viewing, *, rng: np.random.Generator | int, stimulus: str = "") -> "Reading":
        """Read a page from its first word to its last.

        The gaze begins at the middle of the picture.

        Parameters
        ----------
        page : Page
            The page.
        viewing : Viewing
            The screen; the picture of the page stands in its middle.
        rng : numpy.random.Generator or int
            Source of randomness.
        stimulus : str
            Name of the page.

        Raises
        ------
        ValueError
            If letters are too small to be told apart where the eye looks.
        """
        here = viewing.of_picture(page.shape)
        self._check_legible(page, here)
        eyes = _Eyes(self, page, here, np.random.default_rng(rng))
        eyes.read()
        x, y, onset, duration, line = (np.array(series) for series in zip(*eyes.rests, strict=True))
        path = Scanpath(
            x=x, y=y, onset=onset, duration=duration, viewing=here, watched=eyes.now, stimulus=stimulus, ended="read"
        )
        return Reading.of(path, page, line.astype(np.int64))

    def read_many(
        self, page: Page, viewing: Viewing, *, readers: int, rng: np.random.Generator | int, stimulus: str = ""
    ) -> list["Reading"]:
        """Let several readers read a page, each with a seed of its own; see `read`."""
        streams = np.random.default_rng(rng).spawn(readers)
        return [self.read(page, viewing, rng=stream, stimulus=stimulus) for stream in streams]

    def at_pace(self, words_per_minute: float, page: Page, viewing: Viewing) -> Self:
        """Give a reader who recognises words so fast or slowly that the page is read at this rate, within 2 %.

        Parameters
        ----------
        words_per_minute : float
            The rate, mean of four readers.
        page, viewing : Page, Viewing
            What is read, and where.

        Raises
        ------
        ValueError
            If no pace between a fifth and ten times the usual times gives this rate: the eyes need some time for each
            saccade.
        """
        if not words_per_minute > 0:
            raise ValueError(f"expected a positive number of words per minute, got {words_per_minute}")

        def rate(pace: float) -> float:
            readings = replace(self, pace=pace).read_many(page, viewing, readers=READERS_TIMED, rng=0)
            return float(np.mean([reading.words_per_minute for reading in readings]))

        fast, slow = 0.2, 10.0
        most, least = rate(fast), rate(slow)
        if not least <= words_per_minute <= most:
            raise ValueError(
                f"expected {math.ceil(least)} to {math.floor(most)} words per minute on this page, "
                f"got {words_per_minute:g}"
            )
        for _ in range(20):
            middle = math.sqrt(fast * slow)
            reached = rate(middle)
            if abs(reached - words_per_minute) < 0.02 * words_per_minute:
                break
            fast, slow = (middle, slow) if reached > words_per_minute else (fast, middle)
        return replace(self, pace=middle)

    def _check_legible(self, page: Page, viewing: Viewing) -> None:
        letter_deg = page.letter_px / viewing.pixels_per_degree
        finest_deg = LEGIBLE / float(self.acuity.cutoff_cpd(0.0))
        if letter_deg < finest_deg:
            raise ValueError(
                f"the letters are {letter_deg:.3f} deg wide, too small to be told apart: expected at least "
                f"{finest_deg:.3f} deg (show the page larger, or closer to the eye)"
            )


class _Eyes:
    """One reader on one page: where attention and the eye are, and what is under way. Times in seconds."""

    def __init__(self, reader: Reader, page: Page, viewing: Viewing, rng: np.random.Generator) -> None:
        self.reader, self.page, self.viewing, self.rng = reader, page, viewing, rng
        frequency = np.log(10) * (zipf_of(page, reader.language) - 3)  # natural logarithm of occurrences in a million
        self.straight_on = np.maximum(reader.familiarity - reader.frequency_gain * frequency, 0.01) * reader.pace
        self.sharpest = float(reader.acuity.cutoff_cpd(0.0))
        self.places = [self._letters(word) for word in range(len(page.words))]
        self.now, self.landed = 0.0, 0.0
        self.rests: list[tuple[float, float, float, float, int]] = []
        self.x, self.y = viewing.centre
        self.line = -1
        self.seen_from = (self.x, self.y)
        self.read_words, self.attended = 0, 0
        self.labile, self.nonlabile, self.flight, self.lag = math.inf, math.inf, math.inf, math.inf
        self.meant, self.fixed, self.landing = 0, 0, (self.x, self.y)
        self._attend(0)
        self._program(0)

    def _letters(self, word: int) -> NDArray[np.float64]:
        left, _, right, _ = self.page.boxes[word]
        count = self.page.letters[word]
        x = left + (np.arange(count) + 0.5) * (right - left) / count
        return np.stack([x, np.full(count, self.page.middles[word, 1])], axis=1)

    def _drawn(self, mean: float) -> float:
        """Draw the time of a stage."""
        shape = self.reader.variation**-2
        return float(mean * self.rng.standard_gamma(shape) / shape)

    def _attend(self, word: int) -> None:
        self.attended, self.stage = word, "familiarity"
        self.left = self._drawn(float(self.straight_on[word]))
        self._see()

    def _see(self) -> None:
        """Find by how much the attended word is recognised more slowly than straight on."""
        letters = self.places[self.attended]
        eccentricity = self.viewing.angle_deg(np.array(self.seen_from), letters)
        direction = np.where(letters[:, 0] >= self.seen_from[0], 0.0, 180.0)
        cutoff = self.reader.acuity.cutoff_cpd(eccentricity, direction)
        self.slowing = float(np.mean((self.sharpest / cutoff) ** self.reader.acuity_power))

    def _program(self, word: int) -> None:
        """Start a saccade program; one that is still labile is cancelled."""
        self.meant, self.labile = word, self._drawn(self.reader.labile)

    def read(self) -> None:
        """Go from event to event until the last word is recognised."""
        while self.read_words < len(self.page.words):
            slowing = self.slowing if self.stage == "familiarity" else 1.0
            waits = {
                self._recognise: self.left * slowing,
                self._fix: self.labile if math.isinf(self.nonlabile) and math.isinf(self.flight) else math.inf,
                self._leave: self.nonlabile,
                self._land: self.flight,
                self._arrive: self.lag,
            }
            event, wait = min(waits.items(), key=lambda item: item[1])
            self.now += wait
            self.left -= wait / slowing
            self.labile = max(self.labile - wait, 0.0)
            self.nonlabile, self.flight, self.lag = (t - wait for t in (self.nonlabile, self.flight, self.lag))
            event()
        if math.isinf(self.flight) and self.line >= 0:
            self._rest()

    def _recognise(self) -> None:
        """Go on from a stage of recognition that is complete."""
        reader, word = self.reader, self.attended
        if self.stage == "familiarity":
            self.stage, self.left = "completion", self._drawn(reader.completion * float(self.straight_on[word]))
            following = max(self.read_words, word + 1)
            if not self._ends_line(following):
                self._program(following)
        elif self.stage == "completion":
            misfit = word >= self.read_words and word > 0 and self.rng.random() < reader.regression
            self.read_words = max(self.read_words, word + 1)
            if misfit:
                self.attended = word if self._beyond(word) else word - 1
                self.stage, self.left = "regression", math.inf  # attention waits there for the eye
                self._program(self.attended)
            else:
                self.stage, self.left = "shift", self._drawn(reader.shift)
                if self.read_words < len(self.page.words) and self._ends_line(self.read_words):
                    self._program(self.read_words)
        else:
            self._attend(self.read_words)

    def _ends_line(self, following: int) -> bool:
        """Tell whether the line, or the page, is at its end before this word."""
        return following >= len(self.page.words) or self.page.line[following] > self.page.line[self.attended]

    def _beyond(self, word: int) -> bool:
        """Tell whether the eye has passed a word."""
        return (self.line, self.x) > (self.page.words[word].line, self.page.words[word].right)

    def _fix(self) -> None:
        """Let the program pass the point from which nothing stops it."""
        self.fixed, self.labile, self.nonlabile = self.meant, math.inf, self._drawn(self.reader.nonlabile)

    def _leave(self) -> None:
        """Let the eye leave for where it is meant to go, or thereabouts."""
        self.nonlabile = math.inf
        if self.line >= 0:
            self._rest()
        self.landing = self._aimed(self.fixed)
        amplitude = float(self.viewing.angle_deg((self.x, self.y), self.landing))
        self.flight = float(saccade_duration(amplitude))

    def _aimed(self, word: int) -> tuple[float, float]:
        """Give where a saccade to a word lands: with systematic and random error."""
        reader, page, rng = self.reader, self.page, self.rng
        (target, level), letter = page.middles[word], page.letter_px
        y = level + reader.wobble * page.line_px * rng.standard_normal()
        if page.words[word].line != self.line:
            share = 1 - reader.undershoot + reader.sweep_error * rng.standard_normal()
            return self.x + share * (target - self.x), y
        distance = abs(target - self.x) / letter
        rested_ms = max(1000 * (self.now - self.landed), 1.0)
        pull = max(0.0, (6 - math.log(rested_ms)) / 3)
        reach = distance + (reader.preferred - distance) * pull
        reach += (reader.error + reader.error_growth * distance) * rng.standard_normal()
        return self.x + math.copysign(reach * letter, target - self.x), y

    def _rest(self) -> None:
        self.rests.append((self.x, self.y, self.landed, self.now - self.landed, self.line))

    def _land(self) -> None:
        """Let the eye rest; far from the middle of the word that was meant, a second saccade is likely."""
        self.flight = math.inf
        (self.x, self.y), self.landed = self.landing, self.now
        self.line = self.page.words[self.fixed].line
        self.lag = self.reader.lag
        away = abs(self.x - self.page.middles[self.fixed, 0]) / self.page.letter_px
        unread = self.fixed >= self.read_words
        if math.isinf(self.labile) and unread and self.rng.random() < self.reader.refixation * away:
            self._program(self.fixed)

    def _arrive(self) -> None:
        """Let what the eye sees reach recognition."""
        self.lag, self.seen_from = math.inf, (self.x, self.y)
        if self.stage == "regression" and self.fixed == self.attended:
            self._attend(self.attended)
        elif self.stage == "familiarity":
            self._see()
