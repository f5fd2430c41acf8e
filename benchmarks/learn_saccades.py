"""How the saccade tables that ship were learned, and what they are worth on pictures that were not learned from.

    python benchmarks/learn_saccades.py FOLDER --ppd 19.2 --maps MAPS -o saccades.npz

FOLDER holds pictures and fixations, MAPS a map a picture, made by a read-out that has not seen it (or: readout, itti).
The pictures are split by lot into halves: the tables are learned from the first and scored on the second.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from foveation import Viewing
from neural import Observer
from saliency import LogLinear, MapFolder, Recordings, model_named
from saliency.recordings.recordings import centre_density

LARGE = (10_000, 10_000)  # pixels of a screen on which every picture stands as it is


def observer_for(maps: str) -> Observer:
    """Give an observer that follows the map alone."""
    folder = Path(maps)
    model = MapFolder(folder) if folder.is_dir() else model_named(maps)
    return Observer(model=model, priority=LogLinear.unlearned())


def gain(observer: Observer, recordings: Recordings, viewing: Viewing) -> tuple[float, float, int]:
    """Mean log likelihood of a fixation and of the centre bias, in bits over an even density, and the fixations."""
    bits, centre, count = 0.0, 0.0, 0
    for name in recordings:
        pixels, area = recordings.pixels(name), np.prod(recordings.shape(name))
        here = observer.for_picture(name)
        known = [here.log_likelihood(pixels, viewing, path) for path in recordings.scanpaths(name, viewing)]
        logs = np.concatenate(known)
        bits += float(np.nansum(logs + np.log(area))) / np.log(2)
        count += int(np.isfinite(logs).sum())
        bias = centre_density(recordings.elsewhere(name), recordings.shape(name))
        rows, columns = np.floor(recordings.places(name) + 0.5).astype(int).T[::-1]
        centre += float(np.log2(bias[rows, columns] * area).sum())
    return bits / count, centre / count, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ppd", type=float, required=True, help="pixels per degree")
    parser.add_argument("--maps", default="readout", help="folder of maps, or the name of a model")
    parser.add_argument("--first", type=int, default=0, help="leave out fixations with an index below this")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    recordings = Recordings.read(options.folder, first=options.first)
    learned_from, scored_on = recordings.halves(rng=0)
    viewing = Viewing.from_pixels_per_degree(options.ppd, LARGE)
    start = time.process_time()
    with ThreadPoolExecutor() as executor:
        observer = observer_for(options.maps).fit(
            learned_from,
            viewing,
            executor=executor,
            watch=lambda step, bits: print(f"  step {step}: {bits:.4f} bit", flush=True) if step % 10 == 0 else None,
            provenance=f"{options.folder.name}, half of the pictures ({len(learned_from)}, halves(rng=0)[0]), maps of "
            f"{Path(options.maps).name}, {options.ppd} px/deg, by benchmarks/learn_saccades.py",
        )
    print(f"learned from {len(learned_from)} pictures in {time.process_time() - start:.0f} CPU seconds")
    print(observer.timing)
    if options.output:
        observer.priority.write(options.output)
    bits, centre, count = gain(observer, scored_on, viewing)
    print(f"{len(scored_on)} other pictures, {count} fixations: {bits:.3f} bit, centre bias {centre:.3f} bit, "
          f"gain over it {bits - centre:.3f} bit a fixation")  # fmt: skip


if __name__ == "__main__":
    main()
