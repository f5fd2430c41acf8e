"""Where people really looked: a folder of pictures with a table of fixations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveation import Viewing
from foveation.checks import check_number
from foveation.files import read_text, table_rows
from foveation.picture_files import IMAGE_ENDINGS, read_pixels
from saliency.measures.fixations import are_inside, fixation_density, inside
from saliency.recordings.columns import TABLE_ENDINGS, columns_of, some_of
from saliency.scanpaths.scanpath import Scanpath

TABLE = "fixations.csv"
SIZES = "images.csv"
PICTURE_FOLDERS = ("images", "stimuli", "pictures")
UNIFORM_SHARE = 0.01  # of the centre bias: no pixel of it is impossible


@dataclass(frozen=True, kw_only=True, eq=False)
class Fixations:
    """The fixations on one picture, a row each, in the order of the table; what the table does not tell is NaN.

    `inside` tells which of them have their nearest pixel in the picture and count for maps; `row` is the row of the
    file from which each was read.
    """

    subject: NDArray[np.str_]
    index: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    onset_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    inside: NDArray[np.bool_]
    row: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Recordings:
    r"""Pictures, and the fixations of people on each of them; made by `Recordings.read`.

    Iterating gives the names of the pictures that have fixations, sorted.

    Parameters
    ----------
    files : dict of str to Path
        The picture files by name.
    table : dict of str to Fixations
        The fixations by the picture's name, in the same order.
    unfixated : tuple of str
        Names of pictures on which there are no fixations.
    missing : dict of str to int
        Names in the table of which there is no picture, and the number of their rows.
    repeated : int
        Number of rows left out because they say nothing but what another row has said.
    source : str
        The file of the table.

    Examples
    --------
    >>> import tempfile
    >>> from foveation import write_image
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_image(folder / "a.png", np.zeros((30, 40, 3), np.uint8))
    >>> _ = (folder / "fixations.csv").write_text("image,subject,x,y\na.png,anna,3.2,7\na.png,ben,50,7\n")
    >>> recordings = Recordings.read(folder)
    >>> list(recordings), recordings.places("a.png"), recordings.shape("a.png")
    (['a.png'], array([[3.2, 7. ]]), (30, 40))
    """

    files: dict[str, Path]
    table: dict[str, Fixations]
    unfixated: tuple[str, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    source: str = ""
    _shapes: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: str | Path, *, first: int = 0, fixations: str | Path | None = None) -> Self:
        """Read a folder of pictures with a table of fixations.

        The pictures lie in `images/` (or `stimuli/`, `pictures/`) or in the folder itself. If there is a table
        `images.csv` with image, width and height, sizes are taken from it without reading the pictures.

        The fixations are in `fixations.csv`, or in the only .csv, .tsv or .txt file there: a row each, cells separated
        by commas, semicolons or tabs. Columns: the picture (image, picture, stimulus, filename), x and y in pixels of
        the picture (also fix_x, CURRENT_FIX_X), and, if known, the observer (subject, observer, participant), index
        (order within one viewing), onset_s or t_ms, duration_s or duration_ms (a duration without a unit is taken for
        milliseconds where its median exceeds 10), inside (0: do not count for maps). Blank cells are unknown. Rows may
        stand in any order. Of rows that are the same, index and observer included, the first counts.

        Parameters
        ----------
        folder : str or Path
            The folder.
        first : int
            Fixations whose index is below this are left out: 1 if the one with index 0 is on the cross that was shown
            before the picture.
        fixations : str or Path, optional
            The table, if it is another file.

        Raises
        ------
        ValueError
            If the table lacks a column or holds a cell that is no number (the message names file and row), or no
            picture has fixations.
        OSError
            If the folder or the table is missing or cannot be read.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise NotADirectoryError(f"expected a folder of pictures and fixations, there is none at '{folder}'")
        path = _table_in(folder) if fixations is None else Path(fixations)
        files = _pictures_in(folder)
        if not files:
            raise ValueError(f"there is no picture in '{folder}' or its folder 'images'")
        columns = columns_of(path)
        names = _matched(columns.pop("image"), files)
        names, columns, repeated = _without_repeats(names, columns)
        table, missing = _by_picture(names, columns, files, first)
        if not table:
            told = f"it tells of {some_of(missing)}" if missing else f"none has an index from {first} up"
            raise ValueError(f"no picture in '{folder}' has fixations in '{path.name}'; {told}")
        return cls(
            files={name: files[name] for name in table},
            table=table,
            unfixated=tuple(sorted(set(files) - set(table))),
            missing=missing,
            repeated=repeated,
            source=str(path),
            _shapes=_listed_shapes(folder / SIZES),
        )

    def __iter__(self) -> Iterator[str]:
        """Give the names of the pictures that have fixations, sorted."""
        return iter(self.table)

    def __len__(self) -> int:
        """Give the number of pictures that have fixations."""
        return len(self.table)

    def __repr__(self) -> str:
        """Say how many pictures, observers and fixations there are."""
        observers = len({subject for rows in self.table.values() for subject in rows.subject})
        fixations = sum(len(rows.x) for rows in self.table.values())
        return f"Recordings({len(self)} pictures, {observers} observers, {fixations} fixations)"

    def remarks(self) -> list[str]:
        """Say in sentences which pictures have no fixations, which fixations no picture or place, and what repeats."""
        sentences = []
        if self.unfixated:
            sentences.append(f"without fixations: {some_of(self.unfixated)}")
        if self.missing:
            rows = sum(self.missing.values())
            sentences.append(f"{rows} fixations on pictures that are not there: {some_of(self.missing)}")
        placeless = sum(int(np.isnan(rows.x + rows.y).sum()) for rows in self.table.values())
        if placeless:
            sentences.append(f"{placeless} fixations without a place (x or y is blank) do not count")
        if self.repeated:
            sentences.append(
                f"{self.repeated} rows repeat another one (picture, observer, index, all the rest): left out"
            )
        return sentences

    def _known(self, name: str) -> str:
        if name not in self.table:
            raise ValueError(f"there is no picture '{name}' with fixations; there are {some_of(self.table)}")
        return name

    def pixels(self, name: str) -> NDArray[Any]:
        """Read the picture: uint8 or uint16, RGB; see `foveation.image.read_pixels`."""
        pixels = read_pixels(self.files[self._known(name)])
        height, width = pixels.shape[:2]
        listed_height, listed_width = self._shapes.setdefault(name, (height, width))
        if (listed_height, listed_width) != (height, width):
            raise ValueError(
                f"'{SIZES}' says that '{name}' has {listed_width} x {listed_height} pixels; it has {width} x {height}"
            )
        return pixels

    def shape(self, name: str) -> tuple[int, int]:
        """Give height and width of the picture: from `images.csv` if that tells it, else its file is read once."""
        if self._known(name) not in self._shapes:
            self.pixels(name)
        return self._shapes[name]

    def fixations(self, name: str) -> Fixations:
        """Give all that is known of the fixations on a picture, also of those outside it."""
        rows = self.table[self._known(name)]
        return replace(rows, inside=rows.inside & are_inside(np.stack([rows.x, rows.y], axis=1), self.shape(name)))

    def places(self, name: str, subject: str | None = None) -> NDArray[np.float64]:
        """Give the places (n, 2), x and y in pixels, that lie in the picture: of all observers, or of one."""
        rows = self.fixations(name)
        if subject is not None and subject not in rows.subject:
            raise ValueError(
                f"there is no observer '{subject}' of '{name}'; there are {some_of(self.subjects(name), 20)}"
            )
        counted = rows.inside if subject is None else rows.inside & (rows.subject == subject)
        return np.stack([rows.x[counted], rows.y[counted]], axis=1)

    def subjects(self, name: str) -> list[str]:
        """Give the names of the observers of a picture, sorted."""
        return sorted({str(subject) for subject in self.table[self._known(name)].subject})

    def scanpaths(self, name: str, viewing: Viewing) -> list[Scanpath]:
        """Give where each observer of a picture went, in order: a path an observer, by their sorted names.

        All fixations count whose place is known, also those outside the picture. The gaze is taken to have begun at
        the picture's centre; the picture is taken to have been seen until the last fixation ended.

        Parameters
        ----------
        name : str
            The picture.
        viewing : Viewing
            The screen on which it was shown.

        Raises
        ------
        ValueError
            If two rows of the table contradict each other: two fixations of one observer with one index, or onsets that
            do not ascend with the index.
        """
        rows = self.table[self._known(name)]
        here = viewing.of_picture(self.shape(name))
        return [self._path(rows, here, name, subject) for subject in self.subjects(name)]

    def _path(self, rows: Fixations, viewing: Viewing, name: str, subject: str) -> Scanpath:
        known = np.flatnonzero((rows.subject == subject) & np.isfinite(rows.x + rows.y))
        known = known[np.lexsort((rows.onset_s[known], rows.index[known]))]
        onset, duration = rows.onset_s[known], rows.duration_s[known]
        self._check_order(rows, known, f"observer '{subject}' on '{name}'")
        return Scanpath(
            x=rows.x[known],
            y=rows.y[known],
            onset=onset,
            duration=duration,
            viewing=viewing,
            watched=last_end(onset, duration),
            stimulus=name,
            subject=subject,
        )

    def _check_order(self, rows: Fixations, ordered: NDArray[np.int64], whose: str) -> None:
        """Refuse fixations of which nobody can tell which came first."""
        faults = {
            "two fixations with index {index:g} of {whose}": np.diff(rows.index[ordered]) == 0,
            "the fixation with index {index:g} of {whose} begins before an earlier one": np.diff(rows.onset_s[ordered])
            < 0,
        }
        for sentence, wrong in faults.items():
            if wrong.any():
                k = int(wrong.argmax())
                first, second = sorted(rows.row[ordered[k : k + 2]].tolist())
                what = sentence.format(index=rows.index[ordered[k + 1]], whose=whose)
                raise ValueError(f"'{self.source}', rows {first} and {second}: {what}")

    def select(self, names: Sequence[str]) -> Self:
        """Give the recordings on some of the pictures."""
        chosen = sorted(self._known(name) for name in set(names))
        return replace(
            self,
            files={name: self.files[name] for name in chosen},
            table={name: self.table[name] for name in chosen},
            unfixated=(),
            missing={},
            repeated=0,
        )

    def folds(self, k: int, rng: np.random.Generator | int) -> list[tuple[Self, Self]]:
        """Split the pictures by lot into `k` parts for cross-validation: pairs of all but one part, and that part.

        Raises
        ------
        ValueError
            If `k` is not from 2 to the number of pictures.
        """
        check_number(k, f"from 2 to {len(self)} folds of {len(self)} pictures", least=2, most=len(self))
        names = np.array(list(self))[np.random.default_rng(rng).permutation(len(self))]
        parts = [names[part::k].tolist() for part in range(k)]
        return [
            (self.select([name for other in parts if other is not part for name in other]), self.select(part))
            for part in parts
        ]

    def halves(self, rng: np.random.Generator | int) -> tuple[Self, Self]:
        """Split the pictures by lot into two halves."""
        return self.folds(2, rng)[0]

    def elsewhere(self, name: str) -> NDArray[np.float64]:
        """Give the places (n, 2) of the fixations on all *other* pictures, scaled to the size of this one.

        Half way across another picture is half way across this one. They are what `auc_shuffled` compares with.
        """
        return self._scaled(self.shape(self._known(name)), without=name)

    def _scaled(self, shape: tuple[int, ...], without: str | None = None) -> NDArray[np.float64]:
        target = np.array(shape[1::-1], np.float64)
        scaled = [np.empty((0, 2))]
        for name in self:
            if name != without:
                height, width = self.shape(name)
                scaled.append((self.places(name) + 0.5) * (target / (width, height)) - 0.5)
        return inside(np.concatenate(scaled), shape)

    def density(
        self, shape: tuple[int, ...], *, without: str | None = None, sigma: float | None = None
    ) -> NDArray[np.float64]:
        r"""Give where people look whatever the picture is: the centre bias, as a density of a picture's size, sum 1.

        The fixations on all pictures, scaled to the size, each with a Gaussian, and a hundredth of an even density.

        Parameters
        ----------
        shape : tuple of int
            Height and width.
        without : str, optional
            A picture whose fixations do not count: the one that is to be predicted.
        sigma : float, optional
            Standard deviation, in pixels; by Scott's rule if left out: :math:`\sqrt{s_x s_y}\, n^{-1/6}` of the spread
            and number of the fixations.

        Raises
        ------
        ValueError
            If there is no fixation to take the density of.

        References
        ----------
        Scott (1992), Multivariate density estimation, section 6.3: a bandwidth for two dimensions.
        """
        if without is not None:
            self._known(without)
        return centre_density(self._scaled(shape, without), shape, sigma=sigma)


def centre_density(places: ArrayLike, shape: tuple[int, ...], *, sigma: float | None = None) -> NDArray[np.float64]:
    """Pool places into a smooth density: what `Recordings.density` gives, of places scaled already."""
    pooled = np.asarray(places, np.float64)
    if not len(pooled):
        raise ValueError("expected fixations on other pictures to take the centre bias from, got none")
    if sigma is None:
        spread = np.maximum(pooled.std(axis=0), 1)
        sigma = float(np.sqrt(spread.prod()) * len(pooled) ** (-1 / 6))
    even = UNIFORM_SHARE / (shape[0] * shape[1])
    return np.asarray((1 - UNIFORM_SHARE) * fixation_density(pooled, shape, sigma=sigma) + even)


def _table_in(folder: Path) -> Path:
    if (folder / TABLE).is_file():
        return folder / TABLE
    tables = sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLE_ENDINGS and path.name != SIZES)
    if len(tables) != 1:
        found = f"it has {some_of(path.name for path in tables)}" if tables else "it has no table at all"
        raise FileNotFoundError(f"there is no '{TABLE}' in '{folder}': {found}")
    return tables[0]


def _pictures_in(folder: Path) -> dict[str, Path]:
    inner = next((folder / name for name in PICTURE_FOLDERS if (folder / name).is_dir()), folder)
    return {path.name: path for path in sorted(inner.iterdir()) if path.suffix.lower() in IMAGE_ENDINGS}


def _listed_shapes(path: Path) -> dict[str, tuple[int, int]]:
    if not path.is_file():
        return {}
    rows = table_rows(read_text(path), path)
    titles = next(rows)[1]
    if not {"image", "width", "height"} <= set(titles):
        return {}
    places = [titles.index(title) for title in ("image", "height", "width")]
    shapes: dict[str, tuple[int, int]] = {}
    for line, row in rows:
        try:
            name, height, width = (row[place] for place in places)
            shapes[name] = int(height), int(width)
        except (IndexError, ValueError):
            raise ValueError(f"'{path}', row {line}: expected width and height as whole numbers") from None
    return shapes


def _matched(names: list[str], files: dict[str, Path]) -> list[str]:
    """Give each name as that of a file: the same, or the last part of a path, or without its ending."""
    stems: dict[str, list[str]] = {}
    for name in files:
        stems.setdefault(Path(name).stem, []).append(name)
    known: dict[str, str] = {}
    for name in set(names):
        last = PurePosixPath(name.replace("\\", "/")).name
        same_stem = stems.get(last, [])
        known[name] = last if last in files else same_stem[0] if len(same_stem) == 1 else name
    return [known[name] for name in names]


def _without_repeats(names: list[str], columns: dict[str, Any]) -> tuple[list[str], dict[str, Any], int]:
    """Leave out rows that are the same as an earlier one; without observer and index it may be another's fixation."""
    if not {"subject", "index"} <= set(columns):
        return names, columns, 0
    codes = [np.unique(texts, return_inverse=True)[1] for texts in (names, columns["subject"])]
    codes += [np.nan_to_num(column, nan=np.inf) for name, column in columns.items() if name not in ("row", "subject")]
    _, firsts = np.unique(np.stack(codes, axis=1), axis=0, return_index=True)
    kept = np.sort(firsts)
    columns = {name: np.asarray(column)[kept] for name, column in columns.items()}
    return [names[k] for k in kept], columns, len(names) - len(kept)


def _by_picture(
    names: list[str], columns: dict[str, Any], files: dict[str, Path], first: int
) -> tuple[dict[str, Fixations], dict[str, int]]:
    n = len(names)
    unknown = np.full(n, np.nan)
    subject = np.array(columns.get("subject", [""] * n), np.str_)
    index = columns["index"] if "index" in columns else _order(names, subject)
    within = columns.get("inside", np.ones(n))
    rows = Fixations(
        subject=subject,
        index=index,
        x=columns["x"],
        y=columns["y"],
        onset_s=columns["onset_s"] if "onset_s" in columns else columns.get("onset_ms", unknown) / 1000,
        duration_s=known_durations(columns, unknown),
        inside=np.isnan(within) | (within != 0),
        row=columns["row"],
    )
    of_picture: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        of_picture.setdefault(name, []).append(row)
    table: dict[str, Fixations] = {}
    for name in sorted(set(of_picture) & set(files)):
        chosen = np.array(of_picture[name])
        chosen = chosen[~(rows.index[chosen] < first)]
        if np.isfinite(rows.x[chosen] + rows.y[chosen]).any():
            table[name] = Fixations(**{column.name: getattr(rows, column.name)[chosen] for column in fields(rows)})
    missing = {name: len(of_picture[name]) for name in sorted(set(of_picture) - set(files))}
    return table, missing


def _order(names: list[str], subject: NDArray[np.str_]) -> NDArray[np.float64]:
    """Give the numbers of the fixations of each viewing, from 0 up, as they stand in the table."""
    seen: dict[tuple[str, str], int] = {}
    order = np.empty(len(names))
    for row, viewing in enumerate(zip(names, subject.tolist(), strict=True)):
        order[row] = seen.get(viewing, 0)
        seen[viewing] = seen.get(viewing, 0) + 1
    return order


def known_durations(columns: dict[str, Any], unknown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the durations in seconds, whatever unit the table has them in."""
    if "duration_s" in columns:
        return np.asarray(columns["duration_s"], np.float64)
    if "duration_ms" in columns:
        return np.asarray(columns["duration_ms"] / 1000, np.float64)
    duration = columns.get("duration", unknown)
    known = duration[np.isfinite(duration)]
    return np.asarray(duration / 1000 if known.size and np.median(known) > 10 else duration, np.float64)


def last_end(onset: NDArray[np.float64], duration: NDArray[np.float64]) -> float:
    """Give when the last fixation ends, in seconds; the sum of the durations if no onset is known."""
    ends = (onset + duration)[np.isfinite(onset + duration)]
    return float(ends.max()) if ends.size else float(np.nansum(duration))
