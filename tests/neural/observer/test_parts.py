"""A part is what it says of itself: one of a user's own class, which only does the same, works like the original."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from foveation import GeislerPerry, Viewing, sample_pixels
from neural import CovertShift, DecisionTiming, Observer, SaccadeProgramming
from neural.films.scanpath_film import scanpath_film
from neural.observer.parts import Parts
from saliency import (
    Argmax,
    ConstrainedLevy,
    Foraging,
    InhibitionOfReturn,
    IttiKoch,
    LeMeur,
    LogLinear,
    Luce,
    Race,
    Readout,
    Recordings,
    SceneWalk,
    ShapeInhibition,
    Softmax,
    StarFC,
    Visible,
    Winner,
    WinnerTakeAll,
)

SHAPE = (96, 128)
PICTURE = cv2.resize(sample_pixels("coffee"), SHAPE[::-1], interpolation=cv2.INTER_AREA)
VIEWING = Viewing.from_pixels_per_degree(6, SHAPE)


class Own:
    """A part of a user's: no base class of ours, and only what the protocol names."""

    def __init__(self, part):
        self._part = part

    def __call__(self, *arguments):
        return self._part(*arguments)


class OwnEye:
    def __init__(self, part):
        self._part, self.isotropic = part, part.isotropic

    def cutoff_cpd(self, eccentricity_deg, direction_deg=0.0):
        return self._part.cutoff_cpd(eccentricity_deg, direction_deg)

    def critical_eccentricity_deg(self, frequency_cpd, direction_deg=0.0):
        return self._part.critical_eccentricity_deg(frequency_cpd, direction_deg)


class OwnDrawingGate(Own):
    draws = True

    def weights(self, priority):
        return self._part.weights(priority)


class OwnDensityGate(OwnDrawingGate):
    takes_density = True


class OwnRace(Own):
    def __init__(self, part):
        super().__init__(part)
        self.reset, self.threshold = part.reset, part.threshold

    def drive(self, priority, rng=0):
        return self._part.drive(priority, rng)

    def potentials(self, drive, duration):
        return self._part.potentials(drive, duration)


class OwnWeights(Own):
    def weights(self, priority):
        return self._part.weights(priority)


class OwnDensity(Own):
    knows_eccentricity = True

    def typical(self):
        return OwnDensity(self._part.typical())


class OwnShapes(Own):
    def region(self, image, place):
        return self._part.region(image, place)


class OwnTiming:
    def __init__(self, part):
        self._part = part

    def fixation(self, latency, rng, upcoming):
        return self._part.fixation(latency, rng, upcoming)

    def saccade(self, amplitude_deg):
        return self._part.saccade(amplitude_deg)


class OwnPlanner(OwnTiming):
    def plan(self, index, before, rng):
        return self._part.plan(index, before, rng)


class OwnDecision(OwnTiming):
    def decision_time(self, latency, duration):
        return self._part.decision_time(latency, duration)


class OwnCovert(OwnTiming):
    covert = True


class OwnReadout(Own):
    saccade_tables = "readout"


MAP = Readout()(PICTURE)
WALK = SceneWalk()  # a density for which the loop is not compiled
DECIDES = Observer(model=MAP, gate=WinnerTakeAll(noise=0.2), cells=16)
GATES = [
    (Luce(exponent=1.5), OwnDensityGate),
    (Softmax(), OwnDrawingGate),
    (Argmax(), OwnWeights),
    (WinnerTakeAll(noise=0.2), OwnRace),
    (Race(), Own),
]
PRIORITIES = [Visible(), SceneWalk.extended(), ConstrainedLevy(), LeMeur(), StarFC(), Foraging()]
TIMINGS = [(DecisionTiming(), OwnDecision), (SaccadeProgramming(), OwnPlanner), (CovertShift(), OwnCovert)]


def by_name(part):
    return type(part[0] if isinstance(part, tuple) else part).__name__


def same(one, other):
    """Whether two observers look alike: path, glances and, where there is one, density, bit for bit."""
    paths = [observer.look(PICTURE, VIEWING, duration=2, rng=5) for observer in (one, other)]
    assert len(paths[0]) >= 1
    assert paths[0] == paths[1]
    glances = [list(observer.glances(PICTURE, VIEWING, duration=0.6, rng=5)) for observer in (one, other)]
    for mine, theirs in zip(*glances, strict=True):
        for value, expected in zip(mine._replace(region=None), theirs._replace(region=None), strict=True):
            np.testing.assert_array_equal(value, expected)
    assert one.parts.has_probabilities == other.parts.has_probabilities
    if one.parts.has_probabilities:
        one, other = (observer.density(PICTURE, VIEWING, history=paths[0][:2]) for observer in (one, other))
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("gate", "own"), GATES, ids=by_name)
@pytest.mark.parametrize("priority", [None, WALK], ids=["of the family", "a density"])
def test_a_gate_is_what_it_says(gate, own, priority):
    """Also the parts that are left out are those of its family; `Luce` with them is below, for it is compiled."""
    timing = DecisionTiming() if isinstance(gate, Luce) else None
    one, other = (
        Observer(model=MAP, gate=each, priority=priority, timing=timing, cells=16) for each in (gate, own(gate))
    )
    assert [type(getattr(one, name)) for name in ("priority", "memory", "timing")] == [
        type(getattr(other, name)) for name in ("priority", "memory", "timing")
    ]
    same(one, other)


@pytest.mark.parametrize("priority", PRIORITIES, ids=by_name)
@pytest.mark.parametrize("gate", [Luce(), WinnerTakeAll()], ids=by_name)
def test_a_priority_is_what_it_says(gate, priority):
    one, other = (Observer(model=MAP, gate=gate, priority=each, cells=16) for each in (priority, Own(priority)))
    same(one, other)


def test_a_priority_that_knows_eccentricity_is_not_told_visibility():
    told = []

    class Asked(OwnDensity):
        def __call__(self, context):
            told.append(context.visibility)
            return super().__call__(context)

    one, other = (
        Observer(model=MAP, priority=each, timing=DecisionTiming(), cells=16)
        for each in (LogLinear(), Asked(LogLinear()))
    )
    same(one, other)
    assert all(visibility is None for visibility in told)


@pytest.mark.parametrize(
    "change",
    [
        {"gate": OwnDensityGate(Luce())},
        {"priority": OwnDensity(LogLinear.pretrained("map"))},
        {"timing": OwnPlanner(SaccadeProgramming())},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_plain_loop_differs_from_the_compiled_one_by_rounding_alone(change):
    """The compiled loop sums weights one after the other, NumPy in blocks: the last bits may differ, and no more."""
    compiled = Observer(model=MAP, cells=16)
    plain = replace(compiled, **change)
    paths = [observer.look(PICTURE, VIEWING, duration=2, rng=5) for observer in (compiled, plain)]
    for name in ("x", "y", "onset", "duration", "latency", "score"):
        one, other = (getattr(path, name) for path in paths)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    one, other = (observer.density(PICTURE, VIEWING, history=paths[0][:2]) for observer in (compiled, plain))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("memory", "own"), [(InhibitionOfReturn(), Own), (ShapeInhibition(), OwnShapes)], ids=by_name)
@pytest.mark.parametrize("gate", [Luce(), WinnerTakeAll()], ids=by_name)
def test_a_memory_is_what_it_says(gate, memory, own):
    one, other = (Observer(model=MAP, gate=gate, memory=each, cells=16) for each in (memory, own(memory)))
    same(one, other)


@pytest.mark.parametrize(("timing", "own"), TIMINGS, ids=by_name)
@pytest.mark.parametrize("gate", [Luce(), WinnerTakeAll()], ids=by_name)
def test_a_timing_model_is_what_it_says(gate, timing, own):
    one, other = (
        Observer(model=MAP, priority=WALK, gate=gate, timing=each, cells=16) for each in (timing, own(timing))
    )
    assert one.parts.is_covert == other.parts.is_covert == isinstance(timing, CovertShift)
    same(one, other)


@pytest.mark.parametrize("gate", [Luce(), WinnerTakeAll()], ids=by_name)
@pytest.mark.parametrize("eye", [GeislerPerry(), None], ids=["eye", "no eye"])
def test_an_eye_is_what_it_says(gate, eye):
    own = None if eye is None else OwnEye(eye)
    one, other = (
        Observer(model=IttiKoch(), eye=each, gate=gate, map_from_retina=True, timing=DecisionTiming(), cells=16)
        for each in (eye, own)
    )
    same(one, other)


def test_a_model_names_its_tables():
    assert Observer(model=OwnReadout(Readout())).priority == Observer().priority == LogLinear.pretrained("readout")
    assert Observer(model=Own(Readout())).priority == LogLinear.pretrained("map")
    same(Observer(cells=16), Observer(model=OwnReadout(Readout()), cells=16))


def test_a_preset_asks_any_priority_for_what_is_typical():
    one, other = (
        Observer.preset("typical", model=MAP, priority=priority, timing=DecisionTiming(), cells=16)
        for priority in (LogLinear(), OwnDensity(LogLinear()))
    )
    same(one, other)


def test_a_gate_that_draws_has_probabilities():
    class Lottery:
        draws = True

        def __call__(self, priority, rng):
            return Argmax()(priority)

    with pytest.raises(ValueError, match="a Lottery says that it draws: expected a method `weights`"):
        Observer(gate=Lottery())


@pytest.mark.parametrize(("gate", "own"), GATES[1:], ids=by_name)
def test_a_film_shows_what_a_gate_says(gate, own):
    films = [
        list(scanpath_film(replace(DECIDES, gate=each), PICTURE, VIEWING, duration=0.3, rng=2, fps=10, width=400))
        for each in (gate, own(gate))
    ]
    for one, other in zip(*films, strict=True):
        assert np.array_equal(one.image, other.image)


def test_a_film_shows_when_a_timing_model_has_decided():
    films = [
        list(scanpath_film(replace(DECIDES, timing=each), PICTURE, VIEWING, duration=0.3, rng=2, fps=10, width=400))
        for each in (DecisionTiming(), OwnDecision(DecisionTiming()))
    ]
    for one, other in zip(*films, strict=True):
        assert np.array_equal(one.image, other.image)


def test_parts_of_a_user_s_own_learn(tmp_path):
    """They are asked for `fit`, with the pictures and paths that ours would learn from."""
    cv2.imwrite(str(tmp_path / "a.png"), PICTURE[::2, ::2])
    rows = [f"a.png,{k // 4},{k % 4},{3 * k % 60},{5 * k % 40},0.25" for k in range(40)]
    (tmp_path / "fixations.csv").write_text("\n".join(["image,subject,index,x,y,duration_s", *rows]))
    recordings, viewing = Recordings.read(tmp_path), Viewing.from_pixels_per_degree(3, (48, 64))

    class Pupil(OwnDensity):
        def fit(self, studies, **how):
            return Pupil(self._part.fit(studies, steps=2, **how))

    class Learned(OwnPlanner):
        def fit(self, paths):
            return Learned(len(paths))

    observer = Observer(model=IttiKoch(), cells=8, priority=Pupil(LogLinear()), timing=Learned(SaccadeProgramming()))
    fitted = observer.fit(recordings, viewing, provenance="one")
    studies = [observer.presentation(recordings.pixels("a.png"), viewing).study(recordings.scanpaths("a.png", viewing))]
    assert fitted.priority._part == LogLinear().fit(studies, steps=2)
    assert fitted.priority._part.provenance == "one"
    assert fitted.timing._part == 10


def test_parts_hold_all_that_an_observer_has():
    for observer in (Observer(), DECIDES):
        assert isinstance(observer.parts, Parts)
        assert all(getattr(observer.parts, name) is getattr(observer, name) for name in Parts.__dataclass_fields__)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"gate": None}, "a gate that can be called, got a NoneType"),
        ({"gate": Luce}, "a gate that can be called, got the class Luce"),
        ({"memory": 3}, "a memory that can be called, got a int"),
        ({"cells": 2.5}, "a whole number of cells along the longer side, got 2.5"),
    ],
)
def test_what_is_no_part_is_refused_at_once(part, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        Observer(**part)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"priority": lambda context: np.ones((2, 2))}, r"a finite priority for each of .* cells, got shape \(2, 2\)"),
        ({"priority": lambda context: np.full(context.map.shape, np.nan)}, "a finite priority .* got NaN or infinity"),
        ({"memory": lambda visits, now, places, viewing: None}, r"a finite inhibition .* got shape \(\)"),
        ({"gate": lambda priority, rng: Winner(10**6, 0, 0.1)}, "of the gate a cell"),
        ({"gate": lambda priority, rng: Winner(0, 0, -1.0)}, "after a time from 0 s up"),
    ],
)
def test_what_a_part_gives_is_checked(part, sentence):
    image = np.random.default_rng(0).random((30, 40, 3), np.float32)
    viewing = Viewing.from_pixels_per_degree(4, image.shape)
    with pytest.raises(ValueError, match=sentence):
        Observer(model=lambda image: image.mean(axis=2), **part).look(image, viewing, duration=1.0)
