"""The task: a query to the channels of the map, so that what is wanted counts for more than what only stands out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing, as_image
from foveation.checks import check_fields
from foveation.image import check_pixels
from saliency.map import check_map
from saliency.models.centre_bias import CentreBias
from saliency.models.itti import IttiKoch, Keys
from saliency.task.channels import channels_of, mean_answers, optimal_gains, peaks_at
from saliency.task.objects import OBJECTS
from saliency.task.spatial_prior import TRUST, Band, Drawn, Place, Prior
from saliency.task.template import Template
from saliency.task.vocabulary import (
    EXCLUDED,
    FEATURES,
    KEYS,
    NOTHING,
    OPPOSITE,
    OTHERS,
    SIZES,
    SOUGHT,
    UNSOUGHT,
    VOCABULARY,
    WANTED,
    feature_of,
    features_named,
    listed_words,
)

Map = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Task:
    r"""Top-down attention by a task: gains of the feature channels, templates of the target, and priors of place.

    .. math:: S(l) = A(l) \left[\sum_j g_j k_j(l) + M \sum_o g_o e_o(l)\right]_+ , \qquad \sum_j k_j(l) = s(l)

    The keys :math:`k_j` are the parts that the channels have in a bottom-up map :math:`s`, the query :math:`g` what
    each counts for now: gains of 1 give the bottom-up map itself, a feature that is excluded has one below 0.
    Evidence :math:`e_o` for an object, from 0 to 1, comes in units of the map's peak :math:`M`; bottom-up, its gain is
    0. :math:`A` is the prior.

    Channels are features at a size, such as "small red": bright, dark, red, green, blue, yellow, and lines at 0, 45,
    90, 135 degrees, each small, medium or large. A gain may name a channel, a feature, a size (the gain of "small red"
    is then that of small times that of red) or a dimension (intensity, colour, orientation), or an object: face, text,
    skin. Tasks combine by `+`: what they change of the bottom-up gains adds up, templates come together, priors are
    multiplied.

    Parameters
    ----------
    gains : dict of str to float
        Gains by name.
    others : float
        Gain of the features that are not named.
    templates : tuple of Template
        Things that are searched for.
    sought : float
        Gain of each template.
    priors : tuple of callable
        From a shape (height, width) and a `Viewing` or None to a map, from 0 to 1: `Place`, `Band`, `Drawn`, or yours.
    model : IttiKoch
        The model whose channels are the keys. For another bottom-up map, such as `Readout`'s, a channel's key is its
        share of that map: as much as it has of this model's map at the place.

    Raises
    ------
    TypeError, ValueError
        If a gain is no finite number or has no such name, nothing is asked for, or the model merges the cells of
        opponent hues.

    Notes
    -----
    The default model leaves out N, which sets back what is in many places: when one looks for the red upright bar among
    green upright and red flat ones, those are the target's own features. The strengths are constants of this module:
    they are set by hand, the same for all targets. Gains as in [1]_; excitation and inhibition by features as in [2]_.

    References
    ----------
    .. [1] Navalpakkam and Itti (2007), Search goal tunes visual features optimally, Neuron 53: 605-617.
    .. [2] Frintrop (2006), VOCUS: a visual attention system for object detection and goal-directed search, LNAI 3899.

    Examples
    --------
    >>> picture = np.full((240, 320, 3), 0.5, np.float32)
    >>> picture[100:130, 40:70], picture[100:130, 240:270] = (0.9, 0.1, 0.1), (0.1, 0.7, 0.1)
    >>> for word in ("red", "green"):
    ...     print(word, bool(Task.target(word)(picture)[:, :160].max() > Task.target(word)(picture)[:, 160:].max()))
    red True
    green False
    """

    gains: Mapping[str, float] = field(default_factory=dict, hash=False)
    others: float = 1.0
    templates: tuple[Template, ...] = ()
    sought: float = SOUGHT
    priors: tuple[Prior, ...] = ()
    model: IttiKoch = KEYS

    def __post_init__(self) -> None:
        check_fields(self)
        if self.model.opponent_cells != "separate":
            raise ValueError("expected a model with separate opponent cells: merged ones do not tell red from green")
        named: dict[str, float] = {}
        for name, gain in self.gains.items():
            if not np.isfinite(gain):
                raise ValueError(f"expected a finite gain of '{name}', got {gain}")
            for feature in features_named(name):
                if named.get(feature, gain) != gain:
                    raise ValueError(f"contradictory gains of '{feature}': {named[feature]:g} and {gain:g}")
                named[feature] = float(gain)
        object.__setattr__(self, "gains", named)
        if not (np.isfinite(self.others) and np.isfinite(self.sought)):
            raise ValueError(f"expected finite gains, got others={self.others} and sought={self.sought}")
        if not (named or self.templates or self.priors or self.others != 1):
            raise ValueError("an empty task: expected gains, a template or a prior; without a task, use the map itself")

    @classmethod
    def target(cls, words: str, *, without: str = "") -> Self:
        """Look for a thing by what it looks like, or by what it is.

        Its features get a gain of 2, their opposites (green for red, upright for flat) one of -1, all others 0.5.

        Parameters
        ----------
        words : str
            Such as "red vertical" or "small bright"; or an object: "face", "text".
        without : str
            Features that the thing does not have.

        Raises
        ------
        ValueError
            If there is no such word, none at all, or one is both wanted and excluded.

        Examples
        --------
        >>> Task.target("red").gains
        {'red': 2.0, 'green': -1.0}
        >>> Task.target("crimson")
        Traceback (most recent call last):
        ...
        ValueError: there is no word 'crimson'; expected some of: bright, dark, red, green, blue, yellow, horizontal, \
rising, vertical, falling, small, medium, large, face, text, skin
        """
        wanted, unwanted = (
            tuple(feature_of(word) for word in each.replace(",", " ").split()) for each in (words, without)
        )
        if not wanted and not unwanted:
            raise ValueError(f"an empty task: expected words, some of: {', '.join(VOCABULARY)}")
        for one in wanted:
            if one in unwanted:
                raise ValueError(f"contradictory: '{one}' is both wanted and excluded")
        looked_for = {one: SOUGHT if one in OBJECTS else WANTED for one in wanted}
        opposite = [OPPOSITE[one] for one in wanted if one in OPPOSITE]
        excluded = dict.fromkeys([one for one in (*opposite, *unwanted) if one not in wanted], EXCLUDED)
        features_only = not any(one in OBJECTS for one in wanted)
        return cls(gains=looked_for | excluded, others=OTHERS if features_only else UNSOUGHT)

    @classmethod
    def optimal(
        cls,
        *,
        target: ArrayLike | Iterable[ArrayLike],
        distractors: ArrayLike | Iterable[ArrayLike],
        model: IttiKoch | None = None,
    ) -> Self:
        r"""Give each channel the gain that best tells targets from distractors, from pictures of both.

        .. math:: g_j = \frac{SNR_j}{\frac{1}{n} \sum_k SNR_k}, \qquad
            SNR_j = \frac{E[s_{Tj}] + \nu}{E[s_{Dj}] + \nu}

        with :math:`s_{Tj}` the strongest answer of channel :math:`j` (before N) to a target, :math:`s_{Dj}` to
        distractors, and the noise :math:`\nu` a fiftieth of the strongest mean answer among intensities, hues or
        orientations.

        Parameters
        ----------
        target, distractors : array, or iterable of arrays
            Pictures, (height, width, 3).
        model : IttiKoch, optional
            The model whose channels are meant; that of `Task` if none is given.

        Raises
        ------
        ValueError
            If there is no picture of either.

        References
        ----------
        Navalpakkam and Itti (2007), Neuron 53, eq. 2-4; the noise is ours.

        Examples
        --------
        >>> red, green = (np.full((128, 128, 3), 0.5, np.float32) for _ in range(2))
        >>> red[50:80, 50:80], green[50:80, 50:80] = (0.8, 0.1, 0.1), (0.1, 0.8, 0.1)
        >>> gains = Task.optimal(target=red, distractors=green).gains
        >>> gains["small red"] > 1 > gains["small green"]
        True
        """
        model = model or KEYS
        means = []
        for kind, pictures in (("target", target), ("distractors", distractors)):
            answers = [channels_of(model, image) for image in listed_words(pictures)]
            if not answers:
                raise ValueError(f"expected at least one picture of the {kind}, got none")
            means.append(
                mean_answers([dict(zip(each.names, each.answers.max((1, 2)), strict=True)) for each in answers])
            )
        return cls(gains=optimal_gains(*means), model=model)

    @classmethod
    def optimal_places(
        cls,
        displays: Iterable[tuple[ArrayLike, ArrayLike, ArrayLike]],
        *,
        reach: float,
        model: IttiKoch | None = None,
    ) -> Self:
        """Give the optimal gains (see `optimal`) from displays in which it is known what is where.

        Parameters
        ----------
        displays : iterable of (image, targets, distractors)
            A picture, and places (n, 2) in it, in pixels.
        reach : float
            A channel's answer at a place is its greatest within so many pixels.
        model : IttiKoch, optional
            The model whose channels are meant; that of `Task` if none is given.

        Raises
        ------
        ValueError
            If there is no display, or no place of either.
        """
        model = model or KEYS
        answers: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
        for image, *places in displays:
            channels = channels_of(model, image)
            full = np.stack([channels.expanded(plane, np.shape(image)) for plane in channels.answers], axis=-1)
            for found, each in zip(answers, places, strict=True):
                peaks = peaks_at(full, each, reach)
                found += [dict(zip(channels.names, row, strict=True)) for row in peaks.tolist()]
        if not all(answers):
            raise ValueError("expected displays with at least one target and one distractor, got none")
        return cls(gains=optimal_gains(*(mean_answers(found) for found in answers)), model=model)

    @classmethod
    def like(cls, template: ArrayLike) -> Self:
        """Look for a thing like the one in a picture, a little smaller or larger, in more light or less.

        Parameters
        ----------
        template : array, shape (height, width, 3)
            The thing, with little around it, in about the size that it has where it is looked for.

        Raises
        ------
        ValueError
            If it is no picture; when called, if it is larger than the picture in which it is searched for.
        """
        return cls(others=UNSOUGHT, templates=(Template(picture=as_image(template)),))

    @classmethod
    def box(cls, image: ArrayLike, box: tuple[float, float, float, float]) -> Self:
        """Look for a thing like the one in a box of a picture.

        Parameters
        ----------
        image : array, shape (height, width, 3)
        box : tuple of float
            Left, top, width and height, in pixels, as of `Box`.

        Raises
        ------
        ValueError
            If the box leaves the picture or is smaller than 2 x 2 pixels.

        Examples
        --------
        >>> from foveation import sample_pixels
        >>> map_ = Task.box(sample_pixels("coffee"), (300, 80, 120, 100))(sample_pixels("coffee"))
        >>> row, column = np.unravel_index(map_.argmax(), map_.shape)
        >>> bool(abs(row - 130) < 5 and abs(column - 360) < 5)
        True
        """
        pixels = check_pixels(image)
        x, y, width, height = (round(float(value)) for value in box)
        if min(width, height) < 2 or min(x, y) < 0 or x + width > pixels.shape[1] or y + height > pixels.shape[0]:
            raise ValueError(
                f"expected a box (x, y, width, height) of at least 2 x 2 px inside the {pixels.shape[1]} x "
                f"{pixels.shape[0]} picture, got {tuple(box)}"
            )
        return cls.like(pixels[y : y + height, x : x + width])

    @classmethod
    def where(cls, prior: tuple[float, float] | ArrayLike, *, spread_deg: float = 2.0, trust: float = TRUST) -> Self:
        """Look somewhere rather than elsewhere.

        Parameters
        ----------
        prior : tuple of float, or array of shape (rows, columns)
            A place in degrees from the screen's centre, rightward and upward; or a map, from 0 up, of any size.
        spread_deg : float
            Standard deviation around the place, in degrees.
        trust : float
            How much a place counts for less where the prior says that nothing is, from 0 to 1.

        Examples
        --------
        >>> viewing = Viewing.from_pixels_per_degree(20, (120, 160))
        >>> ones = np.ones((120, 160), np.float32)
        >>> map_ = Task.where((2, 0), spread_deg=1)(np.zeros((120, 160, 3)), ones, viewing)
        >>> round(float(map_[60, 119]), 2), round(float(map_[60, 10]), 2)
        (1.0, 0.05)
        """
        values = np.asarray(prior, np.float64)
        if values.shape == (2,):
            x, y = values.tolist()
            return cls(priors=(Place(place_deg=(x, y), spread_deg=spread_deg, trust=trust),))
        map_ = check_map(values)
        return cls(priors=(Drawn(map=np.float32(1 - trust) * map_.max() + np.float32(trust) * map_),))

    @classmethod
    def horizon(cls, height: float, *, spread: float = 0.15, trust: float = TRUST) -> Self:
        """Look at one height of the picture: people are near the horizon, whatever the picture.

        Parameters
        ----------
        height : float
            From the top (0) to the bottom (1).
        spread : float
            Standard deviation, as a share of the picture's height.
        trust : float
            How much a place counts for less where the prior says that nothing is, from 0 to 1.

        References
        ----------
        Torralba, Oliva, Castelhano and Henderson (2006), Contextual guidance of eye movements and attention in
        real-world scenes, Psychological Review 113: 766-786.
        """
        return cls(priors=(Band(bias=CentreBias(spread=(1e3, spread), middle=(0.5, height)), trust=trust),))

    def __add__(self, other: "Task") -> "Task":
        """Combine two tasks.

        Raises
        ------
        ValueError
            If one raises what the other lowers, or their channels are those of different models.
        """
        if not isinstance(other, Task):
            return NotImplemented
        if self.model != other.model:
            raise ValueError("expected two tasks with the same model, whose channels are the keys")
        gains = {**self.gains, **other.gains}
        for name in self.gains.keys() & other.gains.keys():
            gains[name] = _added(name, self.gains[name], other.gains[name])
        both = sorted((self.others, other.others), key=lambda gain: abs(gain - 1))
        if (both[0] - 1) * (both[1] - 1) < 0:
            raise ValueError(f"contradictory gains of all other features: {self.others:g} and {other.others:g}")
        return replace(
            self,
            gains=gains,
            others=both[1],
            templates=self.templates + other.templates,
            sought=self.sought if self.templates else other.sought,
            priors=self.priors + other.priors,
        )

    def __call__(self, image: ArrayLike, map: ArrayLike | None = None, viewing: Viewing | None = None) -> Map:
        """Give the map under the task, (height, width), from 0 up.

        Parameters
        ----------
        image : array, shape (height, width, 3)
            The picture.
        map : array, shape (height, width), optional
            A bottom-up map of it; that of `model` if none is given.
        viewing : Viewing, optional
            Needed for priors in degrees only.

        Raises
        ------
        ValueError
            If the map is none of this picture, or a template is larger than it.
        """
        pixels = check_pixels(image)
        channels = channels_of(self.model, pixels) if map is None or self._weighs else None
        saliency = channels.saliency if channels and map is None else check_map(np.asarray(map), pixels.shape)
        priority = saliency
        if self._weighs and channels:
            query, quiet = self.query(channels.names), channels.quiet
            weighed = channels.expanded(np.tensordot(query, channels.parts, 1).astype(np.float32), pixels.shape)
            whole = channels.expanded(channels.parts.sum(axis=0), pixels.shape)
            idle = np.float32(self.query((NOTHING,))[0])
            priority = saliency * ((weighed + quiet * idle) / (whole + quiet))
        for gain, evidence in self._evidence(pixels):
            priority = priority + np.float32(gain) * saliency.max() * evidence
        priority = np.maximum(priority, 0)
        for prior in self.priors:
            priority = priority * prior(pixels.shape[:2], viewing)
        return np.asarray(priority, np.float32)

    def keys(self, image: ArrayLike, map: ArrayLike | None = None) -> Keys:
        r"""Give the keys of each pixel: :math:`k \cdot` `query(keys.names)` is the map before rectification and prior.

        Parameters
        ----------
        image, map
            As when called.

        Returns
        -------
        Keys
            Of the channels, of "nothing" (what the map has where no channel answers), and of each object and template
            that the task asks for.
        """
        pixels = check_pixels(image)
        channels = channels_of(self.model, pixels)
        saliency = channels.saliency if map is None else check_map(map, pixels.shape)
        parts = [channels.expanded(part, pixels.shape) for part in channels.parts]
        share = saliency / (np.sum(parts, axis=0) + channels.quiet)
        values = [part * share for part in parts] + [channels.quiet * share]
        values += [saliency.max() * evidence for _, evidence in self._evidence(pixels)]
        objects = [name for name in self.gains if name in OBJECTS]
        names = (*channels.names, NOTHING, *objects, *(f"template {k}" for k in range(1, len(self.templates) + 1)))
        places = np.stack(np.meshgrid(*(np.arange(side, dtype=np.float64) for side in saliency.shape[::-1])), axis=-1)
        return Keys(names, np.stack(values, axis=-1), places)

    def query(self, names: Iterable[str]) -> NDArray[np.float64]:
        """Give the gain of each channel of these names, such as those of `keys`."""
        return np.array([self._gain(name) for name in names])

    def activations(
        self,
        image: ArrayLike,
        places: ArrayLike,
        *,
        reach: float,
        map: ArrayLike | None = None,
        viewing: Viewing | None = None,
    ) -> NDArray[np.float64]:
        """Give how active each item of a display is under the task: the map's greatest value near its place.

        That of the target over those of the distractors tells how well the task guides to it.

        Parameters
        ----------
        places : array, shape (n, 2)
            Of the items, in pixels.
        reach : float
            How far from its place an item reaches, in pixels.
        image, map, viewing
            As when called.
        """
        return peaks_at(self(image, map, viewing)[..., np.newaxis], places, reach)[:, 0]

    @property
    def _weighs(self) -> bool:
        """Whether any feature has another gain than bottom-up."""
        return self.others != 1 or any(gain != 1 for name, gain in self.gains.items() if name not in OBJECTS)

    def _gain(self, name: str) -> float:
        if name in self.gains:
            return self.gains[name]
        if name.startswith("template "):
            return self.sought
        if name == NOTHING:
            return self.others
        size, feature = name.split(" ", 1)
        sized = any(one in self.gains for one in SIZES)
        plain = sized and not any(one in self.gains for one in FEATURES)
        gains = (
            self.gains.get(size, self.others if sized else 1.0),
            self.gains.get(feature, 1.0 if plain else self.others),
        )
        return -abs(gains[0] * gains[1]) if min(gains) < 0 else gains[0] * gains[1]

    def _evidence(self, pixels: NDArray[np.generic]) -> list[tuple[float, Map]]:
        found = [(gain, OBJECTS[name](pixels)) for name, gain in self.gains.items() if name in OBJECTS]
        return found + [(self.sought, template(pixels)) for template in self.templates]


def _added(name: str, one: float, other: float) -> float:
    """Add what two tasks change of the gain that a channel has bottom-up."""
    idle = 0.0 if name in OBJECTS else 1.0
    if (one - idle) * (other - idle) < 0:
        raise ValueError(
            f"contradictory gains of '{name}': one task raises it to {max(one, other):g}, "
            f"the other lowers it to {min(one, other):g}"
        )
    return one + other - idle
