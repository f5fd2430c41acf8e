"""Acuity: four laws of how the finest visible grating coarsens with eccentricity, and what our output really keeps.

Points are measured in the retinal image itself: the grating of which half the amplitude is left.
"""

import numpy as np

from foveation import Acuity, GeislerPerry, Guenter2012, Viewing, Watson2014, Weymouth, measured_cutoff_cpd
from foveation.figures import draw_acuity, page_figure, save_figure

screen = Viewing(screen_px=(1920, 1080), screen_cm=(53.0, 29.8), distance_cm=60)
laws: dict[str, Acuity] = {
    "Geisler and Perry 1998": GeislerPerry(),
    "Weymouth 1958": Weymouth(),
    "Guenter 2012": Guenter2012(),
    "Watson 2014": Watson2014(),
}
eccentricity = np.array([5.0, 8, 10, 15, 20])
points = {}
for name, law in laws.items():
    measured = measured_cutoff_cpd(eccentricity, screen, acuity=law)
    points[name] = np.stack([eccentricity, measured], axis=1)[np.isfinite(measured)]

figure, ax = page_figure(130, 90)
draw_acuity(laws, points, ax=ax, farthest_deg=30)
ax.axhline(screen.nyquist_cpd, color="grey", lw=0.8, ls="--")
ax.text(8, screen.nyquist_cpd * 1.04, "finest grating of the screen", va="bottom", fontsize=6, color="grey")
save_figure(figure, "eye_01_acuity.png")
