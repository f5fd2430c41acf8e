"""Search in photographs beside people: targets found by each fixation, the next fixation foreseen, paths alike.

    python benchmarks/photo_search.py FOLDER
    python benchmarks/photo_search.py FOLDER --learn saliency/weights/saccades-search.npz

FOLDER is the data set of Bujia et al. (2022) in the form that `saliency.Recordings` reads, with `templates/` and
`trials.csv`: for each picture and observer the template, the box of the target, whether it was found, and how many
saccades were allowed. The fixation with index 0 began before the picture came on: it is where the gaze starts. The
pictures are split by lot into halves: constants and tables are from the first, and scores from the second.

For each trial of a person, a simulated person searches the same picture, from the same start, with as many saccades.
People had found a target when they looked at it. A control has when its gaze lands there.
"""

import argparse
import csv
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from foveation import Viewing
from foveation.picture_files import read_pixels
from neural.figures import performance_figure
from neural.laboratory.photo_search import FOUND, PhotoSearch, PhotoSearcher
from saliency import LogLinear, Recordings, Scanpath
from saliency.measures.scores import auc
from saliency.priority.log_linear import Study, grid_of, places_in_degrees
from saliency.scanpaths.multimatch import multimatch
from saliency.scanpaths.sequences import scanmatch

SACCADES = 12  # of the curve
LEAST = 3  # fixations of a path that is compared
CELLS = (30, 40)  # of the controls that draw places
NEAR_PX = 5.0  # beyond its box, at which people were said to have looked at the target
NO_TARGET = 1e-6  # discriminability of one who does not see what is looked for


class Trial(NamedTuple):
    """One person's search."""

    path: Scanpath
    allowed: int
    found: bool


class Scene(NamedTuple):
    """A picture, what was looked for in it, its box (left, top, right, bottom), and all people's trials."""

    name: str
    pixels: Any
    template: Any
    box: tuple[float, ...]
    trials: list[Trial]

    def lands(self, places: Any) -> Any:
        """Whether places (n, 2) are on the target."""
        low, high = np.array(self.box[:2]) - NEAR_PX, np.array(self.box[2:]) + NEAR_PX
        return np.all((np.reshape(places, (-1, 2)) >= low) & (np.reshape(places, (-1, 2)) <= high), axis=1)

    def holds(self, place: Any) -> bool:
        """Whether a place is in the picture."""
        return bool(np.all(np.add(place, 0.5) >= 0) and np.all(np.add(place, 0.5) < self.pixels.shape[1::-1]))

    def cell(self, place: Any, grid: tuple[int, ...]) -> tuple[int, int]:
        """Row and column of a place on a grid of cells."""
        row, column = (np.add(place, 0.5)[::-1] * grid / self.pixels.shape[:2]).astype(int)
        return int(row), int(column)

    def centres(self, grid: tuple[int, ...]) -> Any:
        """Middles of the cells, (rows, columns, 2), in pixels."""
        (rows, columns), (height, width) = grid, self.pixels.shape[:2]
        across = (np.arange(columns) + 0.5) * width / columns - 0.5
        down = (np.arange(rows) + 0.5) * height / rows - 0.5
        return np.stack(np.meshgrid(across, down), axis=-1)


def scenes_in(folder: Path, recordings: Recordings, viewing: Viewing) -> Iterator[Scene]:
    """Read the trials on each picture, in the order of the observers' names."""
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        told = {(row["image"], row["subject"]): row for row in csv.DictReader(file)}
    for name in recordings:
        rows = [row for (image, _), row in told.items() if image == name]
        trials = []
        for path in recordings.scanpaths(name, viewing):
            row = told.get((name, path.subject))
            if row is not None and len(path) > 1:
                x, y = path.places[0]
                chosen = replace(path[1:], start=(float(x), float(y)))
                trials.append(Trial(chosen, int(row["saccades_allowed"]), row["found"] == "1"))
        box = tuple(float(rows[0][f"target_{side}"]) for side in ("x0", "y0", "x1", "y1"))
        template = read_pixels(folder / "templates" / rows[0]["template"])
        yield Scene(name, recordings.pixels(name), template, box, trials)


def start_of(scene: Scene, trial: Trial) -> tuple[float, float]:
    """Where the gaze was, or at the picture's edge nearest to there."""
    x, y = np.clip(trial.path.start, 0, np.subtract(scene.pixels.shape[1::-1], 1))
    return float(x), float(y)


def searches(searcher: PhotoSearcher, scene: Scene, viewing: Viewing, seed: int) -> list[PhotoSearch]:
    """One simulated search for each of the people's."""
    return searcher.search_many(
        scene.pixels, scene.template, viewing, len(scene.trials), rng=seed,
        saccades=[trial.allowed for trial in scene.trials],
        starts=[start_of(scene, trial) for trial in scene.trials],
    )  # fmt: skip


def first_of(hits: Any, number: int = 0) -> int:
    """Give the number of the first hit, counted from a number; -1 if there is none."""
    return number + int(np.argmax(hits)) if np.any(hits) else -1


def found_by(scene: Scene, search: PhotoSearch, by_landing: bool) -> int:
    """Give the number of the saccade with which the target was found; -1 if it was not."""
    if by_landing:
        return first_of(scene.lands([search.path.start, *search.path.places]))
    return search.fixations if search.verdict == FOUND and scene.lands(search.place)[0] else -1


def curve(numbers: Sequence[int]) -> Any:
    """Share of trials in which the target was found with the n-th saccade, or before, n from 0 up."""
    found = np.array(numbers)
    return np.array([np.mean((found >= 0) & (found <= n)) for n in range(SACCADES + 1)])


def foreseen(density: Any, centre: Any, cell: tuple[int, int]) -> tuple[float, float, float]:
    """Information gain over the centre bias in bits, NSS and AUC of a density on cells, at one of them."""
    chance, spread = density[cell], density.std()
    above = (chance - density.mean()) / spread if spread > 1e-12 else 0.0
    return float(np.log2(chance / centre[cell])), float(above), auc([chance], density)


def predictions(searcher: PhotoSearcher, scene: Scene, viewing: Viewing, recordings: Recordings) -> list[Any]:
    """Score the density before each fixation of each person."""
    scores, centre = [], None
    paths = [trial.path for trial in scene.trials]
    for path, densities in zip(paths, searcher.foresee(scene.pixels, scene.template, viewing, paths), strict=True):
        for density, place in zip(densities, path.places, strict=False):
            if centre is None:
                centre = recordings.density(density.shape, without=scene.name)
            if scene.holds(place):
                scores.append(foreseen(density, centre, scene.cell(place, centre.shape)))
    return scores


def alike(paths: Sequence[Scanpath], others: Sequence[Scanpath], rng: np.random.Generator, pairs: int = 60) -> Any:
    """Mean MultiMatch (shape, direction, length, position) and ScanMatch of pairs drawn by lot."""
    scores = []
    if not paths or not others:
        return np.full(2, np.nan)
    for _ in range(pairs):
        one, other = paths[rng.integers(len(paths))], others[rng.integers(len(others))]
        if one is not other and min(len(one), len(other)) >= LEAST:
            scores.append((np.mean(multimatch(one, other)[:4]), scanmatch(one, other)))
    return np.mean(scores, axis=0) if scores else np.full(2, np.nan)


def habits(searcher: PhotoSearcher, scenes: Sequence[Scene], viewing: Viewing, provenance: str) -> LogLinear:
    """Learn the tables of saccades from those that did not land on the target."""
    studies = []
    for scene in scenes:
        paths, near = [trial.path for trial in scene.trials], viewing.of_picture(scene.pixels.shape)
        followed = searcher.follow_many(scene.pixels, scene.template, viewing, paths)
        for path, beliefs in zip(paths, followed, strict=True):
            places = places_in_degrees([path.start, *path.places], near)
            for n, (belief, place) in enumerate(zip(beliefs, path.places, strict=False)):
                if scene.holds(place) and not scene.lands(place)[0]:
                    cells = np.full(n + 1, -1)
                    cells[n] = np.ravel_multi_index(scene.cell(place, belief.density.shape), belief.density.shape)
                    grid = grid_of(belief.information, scene.centres(belief.density.shape), near)
                    studies.append(Study(grid, [(places[: n + 2], cells)]))
    with ThreadPoolExecutor(2) as executor:
        return LogLinear().fit(
            studies, steps=40, executor=executor, provenance=f"{len(studies)} saccades; {provenance}",
            watch=lambda step, bits: print(f"  step {step}: {bits:.4f} bit", flush=True) if step % 10 == 0 else None,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ppd", type=float, default=20.0, help="pixels per degree")
    parser.add_argument("--half", type=int, choices=(1, 2), default=2, help="which half of the pictures is scored")
    parser.add_argument("--every", type=int, default=1, help="take only every n-th picture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--learn", type=Path, metavar="NPZ", help="learn the tables from the first half, and write them"
    )
    parser.add_argument("--figure", type=Path, help="draw the curves, .pdf or .png")
    options = parser.parse_args()

    recordings = Recordings.read(options.folder, first=1)
    halves = recordings.halves(rng=0)
    everything = Recordings.read(options.folder)
    viewing = Viewing.from_pixels_per_degree(options.ppd, (10_000, 10_000))  # every picture stands as it is
    start = time.process_time()
    if options.learn:
        scenes = list(scenes_in(options.folder, everything.select(list(halves[0])[:: options.every]), viewing))
        learned = habits(
            PhotoSearcher(habits=LogLinear(), missing=0.0), scenes, viewing,
            f"{len(scenes)} pictures, half of {options.folder.name} (halves(rng=0)[0]), {options.ppd:g} px/deg, those "
            "that did not land on the target, by benchmarks/photo_search.py --learn",
        )  # fmt: skip
        learned.write(options.learn)
        print(f"wrote '{options.learn}' in {time.process_time() - start:.0f} CPU seconds: {learned.provenance}")
        return

    names = list(halves[options.half - 1])[:: options.every]
    scenes = list(scenes_in(options.folder, everything.select(names), viewing))
    searcher = PhotoSearcher(missing=0.0)  # people knew that the target was there
    nothing: dict[str, Any] = {"discriminability": NO_TARGET, "pursuit": 0.0, "crowd": 1}
    rows: dict[str, tuple[PhotoSearcher, bool]] = {
        "searcher": (searcher, False),
        "bottom-up only": (replace(searcher, **nothing), True),
        "free viewing": (replace(searcher, habits=LogLinear(), **nothing), True),
    }
    trials = [trial for scene in scenes for trial in scene.trials]
    people = [min(len(trial.path), trial.allowed) if trial.found else -1 for trial in trials]
    curves, found = {"people": curve(people)}, {"people": np.array(people)}
    print(f"{len(scenes)} pictures, {len(trials)} trials, {options.ppd:g} px/deg (a proxy)\n")
    head = f"{'':16}" + "".join(f"{f'by {n}':>8}" for n in (1, 2, 4, 8, 12))
    print(head + f"{'CPF off':>9}{'IG bit':>9}{'NSS':>7}{'AUC':>7}{'MM':>8}{'ScanM':>8}")

    def line(name: str, scores: Any = (), similar: Any = (np.nan, np.nan)) -> None:
        shares = curves.get(name)
        cells = "".join(f"{shares[n]:8.3f}" for n in (1, 2, 4, 8, 12)) if shares is not None else " " * 40
        off = f"{np.abs(shares - curves['people'])[1:].mean():9.3f}" if shares is not None else " " * 9
        means = np.mean(scores, axis=0) if len(scores) else np.full(3, np.nan)
        print(f"{name:16}{cells}{off}{means[0]:9.3f}{means[1]:7.2f}{means[2]:7.3f}{similar[0]:8.3f}{similar[1]:8.3f}")

    rng = np.random.default_rng(options.seed)
    of_people = [[trial.path for trial in scene.trials if trial.found] for scene in scenes]
    line("people", similar=np.nanmean([alike(paths, paths, rng) for paths in of_people], axis=0))
    elsewhere = np.nanmean([alike(of_people[k - 1], paths, rng) for k, paths in enumerate(of_people)], axis=0)
    line("people elsewhere", similar=elsewhere)
    for name, (each, by_landing) in rows.items():
        numbers, scores, similar = [], [], []
        for k, (scene, paths) in enumerate(zip(scenes, of_people, strict=True)):
            done = searches(each, scene, viewing, options.seed + k)
            hits = [found_by(scene, search, by_landing) for search in done]
            numbers += hits
            similar.append(alike([s.path[:n] for s, n in zip(done, hits, strict=True) if n > 0], paths, rng))
            scores += predictions(each, scene, viewing, recordings)
        curves[name], found[name] = curve(numbers), np.array(numbers)
        line(name, scores, np.nanmean(similar, axis=0))
    for name in ("centre bias", "random"):
        numbers, scores = [], []
        for scene in scenes:
            centre = recordings.density(CELLS, without=scene.name)
            density = centre / centre.sum() if name == "centre bias" else np.full(CELLS, 1 / centre.size)
            for trial in scene.trials:
                drawn = rng.choice(scene.centres(CELLS).reshape(-1, 2), trial.allowed, p=density.ravel())
                numbers.append(first_of(scene.lands(drawn), 1))
                held = filter(scene.holds, trial.path.places)
                scores += [foreseen(density, centre, scene.cell(place, CELLS)) for place in held]
        curves[name], found[name] = curve(numbers), np.array(numbers)
        line(name, scores)
    allowed = np.array([trial.allowed for trial in trials])
    print("\nfound with so many saccades allowed:  people  searcher  bottom-up only")
    for budget in (2, 4, 8, 12):
        shares = [np.mean(found[name][allowed == budget] >= 0) for name in ("people", "searcher", "bottom-up only")]
        print(
            f"  {budget:2d} ({np.sum(allowed == budget):4d} trials) {shares[0]:24.3f}{shares[1]:10.3f}{shares[2]:16.3f}"
        )
    ratio = curves["searcher"][4] / max(curves["bottom-up only"][4], 1e-9)
    print(f"within 4 saccades the searcher finds {ratio:.1f} times what bottom-up only does; "
          f"{time.process_time() - start:.0f} CPU seconds")  # fmt: skip
    if options.figure:
        performance_figure(curves).savefig(options.figure, dpi=200)


if __name__ == "__main__":
    main()
