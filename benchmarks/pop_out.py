"""Does the odd one out win? The share of displays in which it has the map's peak, by kind, background and model.

Name models to try only those: `python benchmarks/pop_out.py itti itti1998`.
"""

import sys

import numpy as np
from measure import table

import saliency
from saliency.displays.search import ODD, pop_out

SIZES = (((10, 36), 90), ((6, 24), 60), ((16, 48), 120))  # bar, and distance between bars, in pixels
BACKGROUNDS = {"black": 0.0, "grey": 0.5, "white": 1.0}
SEEDS = 10


def share_found(model: saliency.Model, kind: str, background: float) -> float:
    """Share of displays in which the map's peak lies within half a gap of the odd one."""
    found = []
    for bar, gap in SIZES:
        for seed in range(SEEDS):
            display = pop_out(kind, background=background, bar=bar, gap=gap, rng=seed)
            map_ = np.asarray(model(display.image))
            row, column = np.unravel_index(map_.argmax(), map_.shape)
            found.append(np.abs(np.subtract((column, row), display.target)).max() <= gap / 2)
    return float(np.mean(found))


if __name__ == "__main__":
    models = {name: saliency.MODELS[name] for name in sys.argv[1:] or saliency.MODELS}
    for kind in ODD:
        table(
            f"The odd one in {kind} wins at once, share of {len(SIZES) * SEEDS} displays; on {', '.join(BACKGROUNDS)}",
            [
                (name, ", ".join(f"{share_found(model, kind, level):.0%}" for level in BACKGROUNDS.values()), "")
                for name, model in models.items()
            ],
        )
