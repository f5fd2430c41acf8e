"""Maps over pictures, and sheets of them."""

import numpy as np
import pytest
from pages import inside, shown, titled

from foveation import sample_pixels
from foveation.figures import (
    picture_figure,
)
from saliency.figures.maps import contact_sheet, draw_heatmap

IMAGE = sample_pixels("rocket")


def test_a_heat_map_lies_on_its_picture():
    map_ = np.zeros((40, 60))
    map_[10, 50] = 3.0
    _, ax = picture_figure(IMAGE.shape)
    assert draw_heatmap(map_, IMAGE, ax=ax) is ax
    below, above = ax.images
    assert below.get_extent() == above.get_extent() == [-0.5, 639.5, 426.5, -0.5]
    assert above.get_array().max() == 1.0
    assert np.unravel_index(above.get_alpha().argmax(), (40, 60)) == (10, 50)


def test_the_sheet_has_each_map_with_its_name_and_time():
    maps = {"light": IMAGE.mean(axis=2), "red": IMAGE[:, :, 0] / 255}
    axes = titled(contact_sheet(IMAGE, maps, {"light": 12.34, "red": 1.26}))
    assert list(axes) == ["picture", "light\n12 ms", "red\n1.3 ms"]
    assert shown(axes["red\n1.3 ms"]) == pytest.approx(maps["red"] / maps["red"].max())
    assert list(titled(contact_sheet(IMAGE, maps))) == ["picture", "light", "red"]


def test_the_maps_of_a_sheet_can_lie_over_the_picture():
    light = IMAGE.mean(axis=2)
    _, ax = contact_sheet(IMAGE, {"light": light}, overlay=True).axes
    below, above = ax.images
    assert np.asarray(below.get_array()) == pytest.approx(light / 255, abs=1e-6)
    assert np.asarray(above.get_array()) == pytest.approx(light / light.max(), abs=1e-6)
    assert 0 < above.get_alpha().min() < above.get_alpha().max() < 1


@pytest.mark.parametrize("shape", [(2, 2), (40, 400), (400, 40), (60, 80)])
@pytest.mark.parametrize("count", [1, 4, 22])
def test_the_sheet_is_readable_for_every_shape(shape, count):
    picture = np.random.default_rng(0).random((*shape, 3))
    maps = {f"a-name-of-20-lett.-{k:02}": picture[:, :, 0] for k in range(count)}
    figure = contact_sheet(picture, maps, dict.fromkeys(maps, 1234.5))
    assert inside(figure)
    assert len(figure.axes) == count + 1
    assert figure.get_size_inches()[1] * 25.4 < 270


def test_a_name_that_is_too_long_for_its_sheet_is_cut_at_its_beginning():
    maps = {"/home/somebody/maps/of-a-very-long-kind/of-network-17": IMAGE[:, :, 0]} | dict.fromkeys(
        "abcdefg", IMAGE[:, :, 1]
    )
    figure = contact_sheet(IMAGE, maps)
    assert figure.axes[1].get_title().startswith("…")
    assert figure.axes[1].get_title().endswith("of-network-17")
    assert inside(figure)


def test_a_sheet_wants_maps_of_the_picture():
    with pytest.raises(ValueError, match="at least one map"):
        contact_sheet(IMAGE, {})
    with pytest.raises(ValueError, match=r"shape \(427, 640\), got \(2, 2\)"):
        contact_sheet(IMAGE, {"small": np.ones((2, 2))})
