"""Inhibition of shapes: the whole object that was attended, and nothing beyond it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import bars

from foveation import Viewing, sample_pixels
from neural import Observer
from saliency import Argmax, InhibitionOfReturn, IttiKoch, Visit
from saliency.features.regions import Region
from saliency.memory.inhibition import ShapeInhibition
from saliency.memory.proto_region import attended_region

OBJECTS = {"bar": (100, 100, 400, 20), "square": (300, 300, 30, 30), "plank": (100, 380, 160, 20)}
COLOURS = {"bar": (0.85, 0.15, 0.15), "square": (0.15, 0.15, 0.85), "plank": (0.9, 0.9, 0.9)}
SHAPE = (480, 640)
VIEWING = Viewing.from_pixels_per_degree(24, SHAPE)
STRONG = InhibitionOfReturn(strength=1000, decay_s=1.0)


def display():
    """A long red bar, a blue square and a white plank on grey; give the picture and each object's mask."""
    image, masks = np.full((*SHAPE, 3), 0.5, np.float32), {}
    for name, (x, y, width, height) in OBJECTS.items():
        image[y : y + height, x : x + width] = COLOURS[name]
        masks[name] = np.zeros(SHAPE, bool)
        masks[name][y : y + height, x : x + width] = True
    return image, masks


def nearest_object(place):
    def away(name):
        x, y, width, height = OBJECTS[name]
        return np.hypot(
            max(x - place[0], 0, place[0] - (x + width - 1)), max(y - place[1], 0, place[1] - (y + height - 1))
        )

    return min(OBJECTS, key=away)


def near(name, margin):
    """Mask of an object and all within a margin around it."""
    (x, y, width, height), around = OBJECTS[name], np.zeros(SHAPE, bool)
    around[max(y - margin, 0) : y + height + margin, max(x - margin, 0) : x + width + margin] = True
    return around


@pytest.mark.parametrize("seed", range(8))
def test_the_attended_shape_is_the_bar_that_won(seed):
    image, (x, y) = bars(seed)
    map_ = IttiKoch()(image)
    row, column = np.unravel_index(map_.argmax(), map_.shape)
    region = attended_region(IttiKoch(), image, (column, row))
    bar = np.zeros(SHAPE, bool)
    bar[y - 18 : y + 18, x - 5 : x + 5] = True
    mask = region.on(SHAPE)
    assert (mask & bar).sum() / (mask | bar).sum() > 0.9


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("end", [0.1, 0.5, 0.9])
def test_the_whole_shape_is_found_wherever_on_it_the_winner_lies(name, end):
    """Lines answer a few pixels beyond their edges: half a Gabor filter at the finest centre scale."""
    image, masks = display()
    x, y, width, height = OBJECTS[name]
    mask = attended_region(IttiKoch(), image, (x + end * (width - 1), y + height / 2)).on(SHAPE)
    assert mask[masks[name]].mean() > 0.85
    assert not mask[~near(name, 16)].any()


def test_a_mirrored_picture_has_the_mirrored_shape():
    """A side of 2^9 + 1, so that the samples of all levels lie on each other."""
    image = np.full((257, 513, 3), 0.5, np.float32)
    image[100:130, 300:350] = COLOURS["square"]
    here = attended_region(IttiKoch(), image, (310, 110)).on(image.shape)
    there = attended_region(IttiKoch(), image[:, ::-1], (202, 110)).on(image.shape)
    assert here[100:130, 300:350].mean() > 0.9
    assert np.count_nonzero(here != there[:, ::-1]) <= 4  # rounding, right at the edge


def test_the_whole_shape_is_inhibited_and_nothing_beyond_it():
    image, masks = display()
    memory = ShapeInhibition(disc=STRONG)
    places = np.stack(np.meshgrid(np.arange(640), np.arange(480)), axis=-1)
    for name in OBJECTS:
        x, y, _, _ = OBJECTS[name]
        winner = (x + 10.0, y + 10.0)
        visit = Visit(*winner, offset=0.0, region=memory.region(image, winner))
        inhibition = memory([visit], 0.0, places, VIEWING)
        assert set(np.unique(inhibition)) == {0.0, 1000.0}
        assert (inhibition[masks[name]] == 1000).mean() > 0.99
        assert not inhibition[~near(name, 16 + 2 * 16)].any()  # two cells of the conspicuity maps
    disc = STRONG([Visit(110, 110, 0.0)], 0.0, places, VIEWING)
    assert disc[110, 490] < 1e-6  # a disc leaves the bar's other end free


def test_the_next_winner_is_another_object():
    image, _ = display()
    map_, memory, visits, seen = IttiKoch()(image), ShapeInhibition(disc=STRONG), [], []
    places = np.stack(np.meshgrid(np.arange(640), np.arange(480)), axis=-1)
    for _ in range(3):
        winner = Argmax()((map_ / (1 + memory(visits, 0.0, places, VIEWING))).astype(np.float32))
        seen.append(nearest_object((winner.x, winner.y)))
        visits.append(Visit(winner.x, winner.y, 0.0, memory.region(image, (winner.x, winner.y))))
    assert sorted(seen) == sorted(OBJECTS)


def test_an_observer_who_remembers_shapes_goes_from_object_to_object():
    image, _ = display()
    first = {}
    for memory in (ShapeInhibition(), InhibitionOfReturn()):
        path = Observer(eye=None, gate=Argmax(), memory=memory).look(image, VIEWING, duration=0.9)
        first[type(memory)] = [nearest_object(place) for place in path.places[:3]]
    assert sorted(first[ShapeInhibition]) == sorted(OBJECTS)
    assert sorted(first[InhibitionOfReturn]) != sorted(OBJECTS)  # one plank twice


def test_an_observer_with_an_eye_is_told_the_shape_it_chose():
    image, masks = display()
    observer = Observer(gate=Argmax(), memory=ShapeInhibition(disc=STRONG))
    glances = list(observer.glances(image, VIEWING, duration=1.0))
    told = [(before, after) for before, after in pairwise(glances) if before.region is not None]
    assert len(told) >= 2
    for before, after in told:
        mask = before.region.on(SHAPE)
        name = nearest_object(before.winner)
        assert mask[masks[name]].mean() > 0.9
        row, column = (int(side // before.cell) for side in before.winner[::-1])
        assert after.inhibition[row, column] >= 1000
        assert not mask[round(after.winner[1]), round(after.winner[0])]


def test_shapes_lie_where_they_are_in_a_picture_finer_than_the_eye():
    image, _ = display()
    fine = np.kron(image, np.ones((4, 4, 1), np.float32))
    viewing = Viewing.from_pixels_per_degree(160, fine.shape)
    glances = Observer(eye=None, gate=Argmax(), memory=ShapeInhibition(disc=STRONG)).glances(
        fine, viewing, duration=0.5
    )
    before, after = next(glances), next(glances)
    assert before.region.on(before.retina.shape).shape == (960, 1280)
    name = nearest_object((before.winner[0] / 4, before.winner[1] / 4))
    assert nearest_object((after.winner[0] / 4, after.winner[1] / 4)) != name


def test_discs_are_as_they_were_and_no_shape_is_asked_of_them():
    image = sample_pixels("coffee")
    viewing = Viewing.from_pixels_per_degree(24, image.shape)
    assert not hasattr(InhibitionOfReturn(), "region")
    glances = list(Observer.preset("foveated").glances(image, viewing, duration=1))
    assert all(glance.region is None for glance in glances)
    visits = [Visit(100, 90, 0.0), Visit(300, 200, 0.2)]
    places = np.random.default_rng(0).uniform(0, 380, (50, 2))
    assert np.array_equal(
        ShapeInhibition()(visits, 0.4, places, viewing), InhibitionOfReturn()(visits, 0.4, places, viewing)
    )


def test_inhibition_of_a_shape_fades_and_adds_up():
    memory = ShapeInhibition(disc=InhibitionOfReturn(strength=8, decay_s=0.5))
    mask = np.zeros(SHAPE, bool)
    mask[10:20, 30:60] = True
    visit = Visit(40, 15, 1.0, Region.of(mask, mask))
    inside, outside = (45, 12), (61, 12)
    assert memory([visit], 1.0, [inside, outside], VIEWING).tolist() == [8, 0]
    assert memory([visit] * 2, 1.5, [inside, outside], VIEWING) == pytest.approx([16 * np.exp(-1), 0])
    assert memory([], 1.0, [inside], VIEWING).tolist() == [0]


@pytest.mark.parametrize("step", [1, 4, 5, 10])
def test_a_place_of_a_grid_stands_for_its_cell(step):
    mask = np.zeros((40, 60), bool)
    mask[21, 33] = mask[0, 0] = mask[39, 59] = True
    viewing = Viewing.from_pixels_per_degree(24, mask.shape)
    columns, rows = (np.arange(0, side, step) + (step - 1) / 2 for side in (60, 40))
    cells = np.stack(np.meshgrid(columns, rows), axis=-1)
    marked = ShapeInhibition()([Visit(0, 0, 0.0, Region.of(mask, mask))], 0.0, cells, viewing) > 0
    assert set(zip(*np.nonzero(marked), strict=True)) == {
        (row // step, column // step) for row, column in zip(*np.nonzero(mask), strict=True)
    }


def test_a_ring_is_taken_with_what_it_encloses_unless_that_is_too_large():
    image = np.full((*SHAPE, 3), 0.5, np.float32)
    away = np.hypot(*(np.indices(SHAPE) - np.array([240, 320])[:, None, None]))
    image[(away > 45) & (away < 60)] = COLOURS["bar"]
    colour = IttiKoch(intensity=0, orientation=0)  # lines of one orientation are only a part of a ring
    whole, ring = (attended_region(colour, image, (372, 240), largest=largest) for largest in (0.1, 0.03))
    assert whole.on(SHAPE)[away < 58].all()
    assert ring.on(SHAPE)[(away > 48) & (away < 57)].mean() > 0.95
    assert not ring.on(SHAPE)[away < 35].any()


def test_what_is_too_large_to_be_an_object_gives_no_shape():
    image = np.full((240, 320, 3), 0.2, np.float32)
    image[:, 160:] = 0.9
    assert attended_region(IttiKoch(), image, (240, 120), largest=0.01) is None
    even = np.full((240, 320, 3), 0.5, np.float32)
    assert attended_region(IttiKoch(), even, (100, 100)) is None


@pytest.mark.parametrize(
    "model",
    [
        IttiKoch(),
        IttiKoch.published(),
        IttiKoch.tuned(),
        IttiKoch(longer_side=200),
        IttiKoch(centres=(3,), deltas=(2,)),
    ],
)
@pytest.mark.parametrize("shape", [(2, 2), (3, 50), (120, 161)])
def test_shapes_are_found_in_pictures_of_any_size_by_any_setting(model, shape):
    image = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    place = (shape[1] - 1, shape[0] - 1)
    region = attended_region(model, image, place, largest=1.0, dilation=1)
    assert region is None or region.on(shape).shape == shape


def test_looking_with_shapes_is_repeatable():
    image = sample_pixels("rocket")
    viewing = Viewing.from_pixels_per_degree(24, image.shape)
    observer = replace(Observer.preset("foveated"), memory=ShapeInhibition())
    assert observer.look(image, viewing, duration=0.8, rng=1) == observer.look(image, viewing, duration=0.8, rng=1)


@pytest.mark.parametrize("change", [{"share": 0}, {"share": 1.5}, {"largest": 0}, {"dilation": -1}])
def test_impossible_shapes_are_refused(change):
    with pytest.raises(ValueError, match="expected a share and a largest area"):
        ShapeInhibition(**change)
    with pytest.raises(ValueError, match="expected a share and a largest area"):
        attended_region(IttiKoch(), np.eye(20), (3, 3), **change)


def test_a_winner_lies_in_the_picture():
    with pytest.raises(ValueError, match=r"place \(20, 3\) lies outside the 20 x 20 picture"):
        attended_region(IttiKoch(), np.eye(20), (20, 3))
