"""How people read and how the reader does: durations, saccades, skipping by length, and lines told from a recording.

`python benchmarks/reading.py FOLDER [--fit] [--language it]` where the folder holds `images/`, `fixations.csv` (with
age_group, and line, counted from 1; 0: not on the text) and `words.csv` (image, line, word, x0, y0, x1, y1). With
`--fit`, the free constants are fitted again on one half of the pages.
"""

import argparse
import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from measure import table

from foveation import Viewing
from foveation.picture_files import read_pixels
from neural.reading.lines import assign_lines, nearest_lines
from neural.reading.page import Page, Word
from neural.reading.reader import Reader
from neural.reading.statistics import Reading, ReadingStatistics
from saliency import Recordings, Scanpath

PIXELS_PER_DEGREE = 35.5  # assumed: 3.3 letters of 10.7 px to the degree
FREE = ("familiarity", "frequency_gain", "labile", "acuity_power", "refixation", "regression")
# mean and spread of durations, forward saccades, share backward, skipping of 2, 4, 6 and 8 letters: relative errors
TOLERANCES = np.array([0.03, 0.15, 0.03, 0.3, 0.05, 0.05, 0.07, 0.4])
READERS, TRIALS = 10, 150


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def pages_of(folder):
    """Read the pages with the words' gold boxes."""
    words = defaultdict(list)
    for row in rows_of(folder / "words.csv"):
        box = (float(row[name]) for name in ("x0", "y0", "x1", "y1"))
        words[row["image"]].append(Word(*box, int(row["line"]) - 1, len(row["word"]), row["word"]))
    return {name: Page(words=some, image=read_pixels(folder / "images" / name)) for name, some in words.items()}


def people_of(folder, pages, group):
    """Read the fixations that are on the text, as readings on the gold lines."""
    rows = defaultdict(list)
    for row in rows_of(folder / "fixations.csv"):
        if row["age_group"] == group and row["line"] != "0":
            numbers = [float(row[name]) for name in ("index", "x", "y", "t_ms", "duration_ms", "line")]
            rows[row["image"], row["subject"]].append(numbers)
    readings = []
    for (name, subject), fixations in sorted(rows.items()):
        _, x, y, onset, duration, line = np.array(sorted(fixations)).T
        viewing = Viewing.from_pixels_per_degree(PIXELS_PER_DEGREE, pages[name].shape)
        times = {"onset": onset / 1000, "duration": duration / 1000, "watched": (onset[-1] + duration[-1]) / 1000}
        path = Scanpath(x=x, y=y, viewing=viewing, stimulus=name, subject=subject, **times)
        readings.append(Reading.of(path, pages[name], line.astype(int) - 1))
    return readings


def model_of(reader, pages, names, readers=READERS):
    """Let readers read these pages."""
    readings = []
    for number, name in enumerate(names):
        viewing = Viewing.from_pixels_per_degree(PIXELS_PER_DEGREE, pages[name].shape)
        readings += reader.read_many(pages[name], viewing, readers=readers, rng=number)
    return ReadingStatistics.of(readings)


def numbers(measured):
    skipping = list(measured.skipping.values())
    return np.array([measured.duration, measured.duration_spread, measured.forward, measured.backward, *skipping])


def fitted(reader, pages, names, people):
    """Search at random around the best so far, each trial with the same seeds."""
    rng, wanted = np.random.default_rng(0), np.log(numbers(people))

    def loss(candidate):
        found = np.log(np.maximum(numbers(model_of(candidate, pages, names)), 1e-3))
        return float(np.sum(((found - wanted) / TOLERANCES) ** 2))

    best, least = reader, loss(reader)
    for trial in range(TRIALS):
        spread = 0.1 * 0.99**trial
        changed = {name: getattr(best, name) * np.exp(spread * rng.standard_normal()) for name in FREE}
        candidate = replace(best, **{name: float(changed[name]) for name in FREE if rng.random() < 0.6})
        if (here := loss(candidate)) < least:
            best, least = candidate, here
    return best


def compare(title, people, model):
    rows = []
    names = ["mean duration, ms", "standard deviation, ms", "forward saccade, letters", "share of backward saccades"]
    names += [f"skipped of {length}-letter words" for length in people.skipping]
    scale = [1000, 1000, 1, 1, 1, 1, 1, 1]
    for name, theirs, ours, unit in zip(names, numbers(people), numbers(model), scale, strict=True):
        rows.append((name, f"{ours * unit:.3g} ({ours / theirs - 1:+.0%})", f"people {theirs * unit:.3g}"))
    rows.append(("words a minute", f"{model.words_per_minute:.0f}", f"people {people.words_per_minute:.0f}"))
    table(title, rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--language")
    options = parser.parse_args()
    pages = pages_of(options.folder)
    halves = [list(half) for half in Recordings.read(options.folder).halves(rng=0)]
    adults = people_of(options.folder, pages, "adult")
    parts = [ReadingStatistics.of(r for r in adults if r.path.stimulus in half) for half in halves]
    reader = Reader(language=options.language)
    if options.fit:
        reader = fitted(reader, pages, halves[0], parts[0])
        print({name: round(getattr(reader, name), 4) for name in FREE})
    for title, half, people in zip(("fitted on", "held out"), halves, parts, strict=True):
        compare(f"Half {title}: {' '.join(half)}", people, model_of(reader, pages, half, 40))
    compare("All pages", ReadingStatistics.of(adults), model_of(reader, pages, list(pages), 40))
    rows = []
    for group in ("adult", "child"):
        right = defaultdict(list)
        for person in people_of(options.folder, pages, group):
            for name, method in (("ours", assign_lines), ("nearest", nearest_lines)):
                right[name].append(method(person.path.places, person.page) == person.line)
        shares = {name: np.mean(np.concatenate(some)) for name, some in right.items()}
        rows.append(
            (f"{group}: fixations on the gold line", f"{shares['ours']:.2%}", f"nearest {shares['nearest']:.2%}")
        )
    table("Lines", rows)


if __name__ == "__main__":
    main()
