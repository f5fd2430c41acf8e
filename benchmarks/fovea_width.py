"""What does a narrower fovea do? Mean saccade amplitude over four pictures and four people, by half-eccentricity."""

from dataclasses import replace

import numpy as np
from measure import table

from foveation import GeislerPerry, Viewing, sample_pixels
from neural import Observer

rows = []
for width in (8.0, 4.6, 2.3, 1.0, 0.5, 0.25):
    observer = replace(Observer.preset("foveated"), eye=GeislerPerry(half_eccentricity_deg=width))
    amplitudes, detail = [], []
    for name in ("coffee", "rocket", "astronaut", "chelsea"):
        image = sample_pixels(name)
        viewing = Viewing.from_pixels_per_degree(24, image.shape)
        amplitudes += [observer.look(image, viewing, duration=3, rng=seed).amplitudes_deg for seed in range(4)]
        seen = next(observer.glances(image, viewing)).retina
        detail.append(np.abs(np.diff(seen, axis=1)).sum() / np.abs(np.diff(image / 255.0, axis=1)).sum())
    saccades = f"{np.concatenate(amplitudes).mean():.2f} deg"
    rows.append(
        (f"half-eccentricity {width:g} deg", saccades, f"{np.mean(detail):.0%} of fine contrast seen at the start")
    )
table("Mean saccade amplitude by the width of the fovea, 24 px/deg", rows)
