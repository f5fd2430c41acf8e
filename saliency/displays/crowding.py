"""Letters between flankers, for crowding."""

from functools import lru_cache

import numpy as np

from foveation.checks import check_one_of
from foveation.pooling import polar_deg, polar_places
from foveation.viewing import Viewing
from saliency.displays.display import DARK, VIEWING, Display, boxes_of, check_background, check_room
from saliency.displays.items import LETTERS, Item
from saliency.displays.search import Search, render_search

FLANKERS = {"radial": (0.0, 180.0), "tangential": (90.0, -90.0), "none": ()}  # turned from the line to the gaze


def crowded_letters(
    letter: str | None = None,
    *,
    spacing_deg: float = 1.5,
    eccentricity_deg: float = 8.0,
    direction_deg: float = 0.0,
    flankers: str = "radial",
    size_deg: float = 0.8,
    background: float = 0.5,
    viewing: Viewing = VIEWING,
    rng: np.random.Generator | int = 0,
) -> Display:
    """Draw a letter away from the gaze, which rests on the screen's centre, between two others that may hide it.

    Distances are exact angles at the eye; the letters' size is that at the screen's centre.

    Parameters
    ----------
    letter : str or None
        One of Sloan's ten, C D H K N O R S V Z; None: by chance. The flankers differ from it and from each other.
    spacing_deg : float
        Angle between the middles of the letter and of each flanker, in degrees.
    eccentricity_deg, direction_deg : float
        Where the letter stands: degrees from the gaze, and its direction, counter-clockwise from the right.
    flankers : str
        "radial": nearer to the gaze and farther out; "tangential": on the two sides; "none".
    size_deg : float
        Height and width of a letter, in degrees.
    background : float
        Grey level of the ground, from 0 to 1.
    viewing : Viewing
        The screen; its pixels are those of the picture.
    rng : Generator or int
        Draws the letters.

    Returns
    -------
    Display
        Its `labels` are the letters, the target first. Compare `foveation.is_crowded`.

    Raises
    ------
    ValueError
        If there is no such letter or place for flankers, letters overlap, or they do not fit the screen.

    References
    ----------
    Bouma (1970), Interaction effects in parafoveal letter recognition, Nature 226; Sloan (1959), New test charts for
    the measurement of visual acuity, American Journal of Ophthalmology 48.

    Examples
    --------
    >>> display = crowded_letters("K", spacing_deg=2, rng=3)
    >>> display.labels[0], display.viewing.angle_deg(display.items[0], display.items[1:]).round(6)
    ('K', array([2., 2.]))
    """
    check_background(background)
    check_one_of("place for flankers", flankers, FLANKERS)
    if letter is not None and letter not in LETTERS:
        raise ValueError(f"there is no letter '{letter}'; expected one of: {', '.join(LETTERS)}")
    if not (0 <= eccentricity_deg < 90 and 0 < spacing_deg < 90 and size_deg > 0):
        raise ValueError(
            "expected an eccentricity and a spacing below 90 degrees and letters of positive size, "
            f"got {eccentricity_deg}, {spacing_deg} and {size_deg}"
        )
    rng = np.random.default_rng(rng)
    order = [name for name in rng.permutation(list(LETTERS)).tolist() if name != letter]
    names = [*([] if letter is None else [letter]), *order][: 1 + len(FLANKERS[flankers])]
    look = {name: _letter(name, size_deg * viewing.pixels_per_degree) for name in LETTERS}
    target = polar_places(eccentricity_deg, direction_deg, viewing.centre, viewing)
    inward = polar_deg(viewing.centre, target, viewing)[1]
    others = [polar_places(spacing_deg, inward + turn, target, viewing) for turn in FLANKERS[flankers]]
    places, drawn = np.array([target, *others]), [look[name] for name in names]
    check_room(boxes_of(drawn, places), "letters", viewing)
    search = Search(targets=(drawn[0],), distractors=tuple(look.values()))
    return render_search(search, drawn, places, 0, background, viewing)


@lru_cache(maxsize=64)
def _letter(name: str, size: float) -> Item:
    return Item(label=name, strokes=LETTERS[name], colour=DARK).scaled(size / 5)
