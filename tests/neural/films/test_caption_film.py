"""Films of captions: word by word, with the attention in between."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import read_video, write_video
from neural.films.caption_film import Spoken, _Sheet, caption_film
from neural.films.paint import TITLE

GREY = np.full((64, 96, 3), 0.5)


class Captioned(NamedTuple):
    """What a caption has to have."""

    words: list
    weights: np.ndarray


def maps_at(cells, rows, columns):
    """One-hot maps (n, rows, columns)."""
    maps = np.zeros((len(cells), rows, columns))
    for number, (row, column) in enumerate(cells):
        maps[number, row, column] = 1
    return maps


def blurred(cells, rows, columns):
    """Maps with a hill around each cell, of weights that sum to 1."""
    y, x = np.mgrid[:rows, :columns]
    hills = np.array([np.exp(-((y - row) ** 2 + (x - column) ** 2)) for row, column in cells])
    return hills / hills.sum(axis=(1, 2), keepdims=True)


# The film


CELLS = [(0, 0), (2, 3), (1, 5), (3, 2)]


SOFT = Captioned(["a", "red", "disc", "there", ""], blurred([*CELLS, (0, 5)], 4, 6))


HARD = Captioned(SOFT.words, maps_at([*CELLS, (0, 5)], 4, 6))


BLACK = np.zeros((64, 96, 3))


def seen(image, sheet):
    """The part of a frame in which the picture stands."""
    top, left = sheet.corner
    return image[top : top + sheet.size[0], left : left + sheet.size[1]].astype(float)


def brightest(image, sheet):
    """Row and column, in cells of 4 x 6, of the brightest place of the picture."""
    light = seen(image, sheet).sum(axis=2)
    y, x = np.argwhere(light == light.max()).mean(axis=0)
    return (y + 0.5) / sheet.size[0] * 4 - 0.5, (x + 0.5) / sheet.size[1] * 6 - 0.5


@settings(deadline=None, max_examples=8)
@given(fps=st.sampled_from([5, 10, 12.5]), seconds=st.sampled_from([0.4, 0.8, 1.0]), words=st.integers(1, 4))
def test_a_film_lasts_as_long_as_its_words_and_two_more(fps, seconds, words):
    said = Captioned(SOFT.words[:words], SOFT.weights[:words])
    frames = list(caption_film(GREY, said, seconds=seconds, fps=fps, width=320))
    assert len(frames) == round((words + 2) * seconds * fps)
    assert [frame.time for frame in frames] == pytest.approx(np.arange(len(frames)) / fps)
    assert len({frame.image.shape for frame in frames}) == 1
    assert all(side % 2 == 0 for side in frames[0].image.shape[:2])


@pytest.mark.parametrize("said", [SOFT, HARD])
def test_the_brightest_place_moves_as_the_weights_do(said):
    frames = list(caption_film(BLACK, said, seconds=1.0, fade=0.5, fps=2, width=320))
    sheet = _Sheet(BLACK, Spoken.of(said), 320)
    for number, cell in enumerate(CELLS):
        settled = frames[2 * (number + 1) + 1]
        assert tuple(np.rint(brightest(settled.image, sheet))) == cell


def test_between_two_words_the_soft_map_is_their_mixture_and_the_hard_frame_halfway():
    sheet = _Sheet(BLACK, Spoken.of(SOFT), 320)
    mixed = Spoken(("a",), SOFT.weights[:2].mean(axis=0, keepdims=True), hard=False)
    halfway = _Sheet(BLACK, mixed._replace(weights=np.concatenate([mixed.weights, SOFT.weights[:4]])), 320)
    assert np.abs(seen(sheet.draw(1, 0.5), sheet) - seen(halfway.draw(0, 1.0), sheet)).max() <= 1
    framed = _Sheet(BLACK, Spoken.of(HARD), 320)
    assert brightest(framed.draw(1, 0.5), framed) == pytest.approx(np.mean(CELLS[:2], axis=0), abs=0.2)


def test_the_picture_stands_alone_before_the_first_and_after_the_last_word():
    picture = np.random.default_rng(0).random((40, 60, 3))
    frames = list(caption_film(picture, SOFT, seconds=1.0, fade=0.2, fps=5, width=320))
    sheet = _Sheet(picture, Spoken.of(SOFT), 320)
    for alone in (frames[0], frames[4], frames[-1]):
        assert np.abs(seen(alone.image, sheet) - sheet.picture).max() <= 0.5
    for k in range(6, len(frames) - 5):
        assert np.abs(seen(frames[k].image, sheet) - sheet.picture).max() > 20


def test_the_words_appear_one_after_the_other_and_stay():
    frames = list(caption_film(GREY, SOFT, seconds=1.0, fade=0.0, fps=1, width=320))
    sheet = _Sheet(GREY, Spoken.of(SOFT), 320)
    below = sheet.corner[0] + sheet.size[0]
    for number, frame in enumerate(frames):
        ink = (frame.image[below:] < 200).any(axis=(0, 2))
        for told, (left, _) in enumerate(sheet.places):
            assert ink[round(left) : round(left) + 6].any() == (told < number)


def test_long_captions_are_set_in_lines_within_the_frame():
    said = Captioned(["photographer"] * 24, blurred([(1, 1)] * 24, 4, 6))
    for width in (320, 480):
        sheet = _Sheet(GREY, Spoken.of(said), width)
        last = sheet.draw(24, 1.0)
        margin = np.concatenate([last[TITLE:, :8], last[TITLE:, -8:]], axis=1)
        assert (margin > 250).all()
        assert (last[-8:] > 250).all()
        levels = sorted({level for _, level in sheet.places})
        assert len(levels) > 2
        assert np.diff(levels).min() >= sheet.type_px


def test_a_mark_follows_its_word_without_a_space():
    said = Spoken(("disc", ",", "a"), np.ones((3, 1, 2)) / 2, hard=False)
    (first, _), (mark, _), (last, _) = _Sheet(GREY, said, 320).places
    assert first < mark < last
    spaced = _Sheet(GREY, said._replace(words=("disc", "l", "a")), 320).places[1][0]
    assert spaced - mark > 4


@pytest.mark.parametrize("shape", [(40, 40), (30, 400), (400, 30), (641, 480)])
def test_any_picture_is_shown_whole(shape):
    frame = next(caption_film(np.ones((*shape, 3)), SOFT, width=321))
    sheet = _Sheet(np.ones((*shape, 3)), Spoken.of(SOFT), 321)
    assert frame.image.shape[1] == 320
    assert sheet.size[0] / sheet.size[1] == pytest.approx(shape[0] / shape[1], rel=0.1)
    assert max(sheet.corner[0] + sheet.size[0] - frame.image.shape[0], sheet.corner[1] + sheet.size[1] - 320) < 0


def test_without_attention_the_film_shows_the_picture_and_says_so():
    frames = list(caption_film(GREY, Captioned(["disc"], np.zeros((1, 4, 4))), seconds=0.4, fps=5, width=320))
    sheet = _Sheet(GREY, Spoken(("disc",), np.zeros((1, 4, 4)), hard=False), 320)
    assert all(np.abs(seen(frame.image, sheet) - sheet.picture).max() <= 0.5 for frame in frames)
    soft = next(caption_film(GREY, SOFT, width=320))
    assert not np.array_equal(soft.image[:TITLE], frames[0].image[:TITLE])


def test_attention_to_a_grid_of_one_cell_is_not_a_choice():
    assert not Spoken.of(Captioned(["a"], np.ones((1, 1, 1)))).hard
    assert Spoken.of(HARD).hard
    assert not Spoken.of(SOFT).hard
    assert Spoken.of(HARD).chosen.tolist() == [list(cell) for cell in CELLS]


@pytest.mark.parametrize("ending", [".gif", ".mp4", ".webm"])
def test_a_film_can_be_written_with_every_ending(ending, tmp_path):
    path = write_video(tmp_path / f"said{ending}", caption_film(GREY, SOFT, seconds=0.4, fps=10, width=320), fps=10)
    assert path.stat().st_size > 1000
    if ending != ".gif":
        assert sum(1 for _ in read_video(path)) == 24


def test_films_that_cannot_be_are_refused_at_once():
    for fps in (0, np.nan, -5):
        with pytest.raises(ValueError, match="positive frames per second"):
            caption_film(GREY, SOFT, fps=fps)
    with pytest.raises(ValueError, match="positive number of seconds for each word, got 0"):
        caption_film(GREY, SOFT, seconds=0)
    with pytest.raises(ValueError, match=r"fade from 0 to the 0\.5 s of a word, got 0\.6"):
        caption_film(GREY, SOFT, seconds=0.5, fade=0.6)
    with pytest.raises(ValueError, match="width of at least 320 pixels, got 100"):
        caption_film(GREY, SOFT, width=100)
