"""Learn the filters of `AIM` from a folder of pictures: the same pictures give the same file, bit for bit.

The file that comes with the package: `python benchmarks/learn_aim_filters.py PHOTOS saliency/weights/aim_filters.npz
--only "skimage_[a-o]*" "skimage_rocket*"`, PHOTOS being a folder of pictures of scikit-image (public domain, CC0 or CC
BY) under such names: its photographs, not its scanned documents.
"""

import argparse
from pathlib import Path

import numpy as np

from foveation import read_image
from saliency.models.aim import learn_filters

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=Path, help="where the pictures are")
parser.add_argument("output", type=Path, help="the file to write, .npz")
parser.add_argument(
    "--only", nargs="+", default=["*"], help="patterns of names of pictures to learn from (default: all)"
)
parser.add_argument("--side", type=int, default=21, help="rows and columns of a patch")
parser.add_argument("--count", type=int, default=50_000, help="number of patches")
parser.add_argument("--variance", type=float, default=0.919, help="share of the variance to keep")
parser.add_argument("--seed", type=int, default=0, help="picks the patches")
arguments = parser.parse_args()

paths = sorted({path for pattern in arguments.only for path in arguments.folder.glob(pattern) if path.is_file()})
if not paths:
    parser.error(f"there is no {' or '.join(arguments.only)} in '{arguments.folder}'")
filters = learn_filters(
    [read_image(path) for path in paths],
    side=arguments.side,
    count=arguments.count,
    variance=arguments.variance,
    rng=arguments.seed,
)
provenance = (
    f"{len(filters)} independent components (FastICA) of {arguments.count} patches of {arguments.side} x "
    f"{arguments.side} pixels, RGB from 0 to 1; principal components with {arguments.variance:.1%} of the variance; "
    f"seed {arguments.seed}. Pictures: {', '.join(path.name for path in paths)}. "
    f"Made by: python benchmarks/learn_aim_filters.py FOLDER OUTPUT --only {' '.join(arguments.only)} "
    f"--side {arguments.side} --count {arguments.count} --variance {arguments.variance} --seed {arguments.seed}"
)
np.savez_compressed(arguments.output, filters=filters.astype(np.float16), provenance=np.array(provenance))
print(f"wrote '{arguments.output}': {provenance}")
