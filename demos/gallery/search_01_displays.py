"""Displays of the classic experiments: search (targets in rings), letters that crowd each other, and trials with cues.

Of each kind of search, one display of 12 items; the disc that moves has an arrow.
"""

from foveation import Viewing
from foveation.figures import save_figure
from saliency.displays.crowding import crowded_letters
from saliency.displays.cueing import inhibition_probe, posner
from saliency.displays.search import SEARCHES, search_display
from saliency.figures.displays import displays_figure

displays = {name: search_display(name, rng=seed) for seed, name in enumerate(SEARCHES)}
displays |= {
    f"letters, {flankers} flankers": crowded_letters(flankers=flankers, spacing_deg=2.5, size_deg=1.5, rng=seed)
    for seed, flankers in enumerate(("radial", "tangential"))
}
wide = Viewing.from_pixels_per_degree(20, (160, 400))
trials = {
    "a flash, valid": posner("flash", side="right", viewing=wide),
    "an arrow, invalid": posner("arrow", valid=False, soa_s=0.3, side="right", viewing=wide),
    "a neutral cue": posner("neutral", soa_s=0.3, side="left", viewing=wide),
    "inhibition of return, 90 degrees around": inhibition_probe(90, direction_deg=0),
}
save_figure(displays_figure(displays, trials), "search_01_displays.png")
