"""Count a table of saccades, amplitude by direction, from a data set: the same set gives the same file, bit for bit.

The file that comes with the package: `python benchmarks/learn_saccade_table.py OSIE saliency/weights/saccade_table.npz
--pixels-per-degree 19.2`, OSIE being the folder of the data set of Xu et al. (2014) in the form that
`saliency.Recordings` reads. The pictures are split by lot into two halves, and only the first is counted.
"""

import argparse
from pathlib import Path

import numpy as np

from foveation import Viewing
from saliency import Recordings
from saliency.priority.le_meur import SaccadeTable

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path, help="the data set")
parser.add_argument("output", type=Path, help="the file to write, .npz")
parser.add_argument("--pixels-per-degree", type=float, required=True, help="of the screen on which it was recorded")
parser.add_argument("--seed", type=int, default=0, help="picks the half of the pictures that is counted")
parser.add_argument("--smoothing", type=float, default=1.0, help="of the counts, in bins")
arguments = parser.parse_args()

recordings = Recordings.read(arguments.folder)
half, _ = recordings.halves(rng=arguments.seed)
paths = [
    path
    for name in half
    for path in half.scanpaths(name, Viewing.from_pixels_per_degree(arguments.pixels_per_degree, half.shape(name)))
]
saccades = sum(len(path) - 1 for path in paths)
provenance = (
    f"{saccades} saccades of {len(paths)} viewings of {len(half)} pictures, half of the {len(recordings)} of "
    f"'{arguments.folder.name}', {arguments.pixels_per_degree:g} pixels per degree, smoothed over "
    f"{arguments.smoothing:g} bins. Made by: python benchmarks/learn_saccade_table.py FOLDER OUTPUT "
    f"--pixels-per-degree {arguments.pixels_per_degree:g} --seed {arguments.seed} --smoothing {arguments.smoothing:g}"
)
table = SaccadeTable.of(paths, smoothing=arguments.smoothing, provenance=provenance)
np.savez_compressed(
    arguments.output,
    density=table.density.astype(np.float32),
    edges_deg=table.edges_deg,
    provenance=np.array(provenance),
)
print(f"wrote '{arguments.output}': {provenance}")
