"""The events of an EyeLink recording in text (ASC, what edf2asc makes): fixations, saccades and messages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from foveation import Viewing
from foveation.files import check_output, reading, written_whole
from foveation.oculomotor import peak_velocity, saccade_duration
from saliency.recordings.exchange.trials import Geometry, as_scanpath, check_timed, geometry_of, listed, titled
from saliency.scanpaths.scanpath import Scanpath

ENDINGS = (".asc",)
LEAD_MS = 100
"""The recording begins this long before the picture appears."""
STARTS = ("SYNCTIME", "DISPLAY ON", "DISPLAY_ON")
SCREENS = ("DISPLAY_COORDS", "GAZE_COORDS")


def write_asc(paths: Scanpath | Iterable[Scanpath], path: str | Path) -> None:
    """Write the paths of one observer as the events of an EyeLink recording: a trial a path, right eye, no samples.

    A trial has TRIALID, the names (``!V TRIAL_VAR image``, ``subject``), DISPLAY_COORDS, and SYNCTIME when the picture
    appears, 100 ms after the recording began. The rest on `start` is its first fixation. Peak velocities are those of
    `foveation.peak_velocity`; pupils are 0.

    Places are rounded to a tenth of a pixel and times to a millisecond. The file cannot hold latencies, scores, the
    size of the screen in cm and its distance.

    Parameters
    ----------
    paths : Scanpath or list of Scanpath
        All of one observer, with known times.
    path : str or Path
        Ends in .asc.

    Raises
    ------
    ValueError
        If the ending is another, the observers differ, a time is unknown, or a name has two lines.
    OSError
        If the folder is missing or closed to us.

    References
    ----------
    SR Research, EyeLink 1000 Plus user manual, section 4: the ASC file.

    Examples
    --------
    >>> import tempfile
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = Scanpath(x=[100], y=[50], onset=[0.2], duration=[0.3], viewing=viewing, watched=0.5, subject="s1")
    >>> file = Path(tempfile.mkdtemp()) / "s1.asc"
    >>> write_asc(path, file)
    >>> [line for line in file.read_text().splitlines() if line.startswith("EFIX")][1].split()
    ['EFIX', 'R', '1300', '1599', '300', '100.0', '50.0', '0']
    >>> read_asc(file, viewing) == [path]
    True
    """
    path = check_output(path, ENDINGS)
    chosen = listed(paths)
    subjects = sorted({each.subject for each in chosen})
    if len(subjects) > 1:
        raise ValueError(f"an ASC file is the recording of one observer, got {', '.join(subjects)}: write a file each")
    for k, each in enumerate(chosen):
        check_timed(k, each)
        if "\n" in each.stimulus + each.subject:
            raise ValueError(f"{titled(k, each)}: expected names of one line")
    lines = ["** EVENTS OF SCANPATHS, WRITTEN BY FOVEAL: NOT THE OUTPUT OF A TRACKER"]
    clock = 1000
    for number, each in enumerate(chosen, start=1):
        lines += _trial_lines(number, each, clock)
        clock += LEAD_MS + _ms(each.watched) + 1000
    with written_whole(path) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_asc(
    path: str | Path,
    viewing: Geometry | None = None,
    *,
    start: str | None = None,
    eye: str | None = None,
    image: str = "image",
    subject: str | None = None,
    first: int = 0,
) -> list[Scanpath]:
    """Read the fixations of an EyeLink recording: a path a trial, times from the appearance of the picture.

    A trial begins with the message TRIALID, or with START where there is none, and ends with END. Fixations that began
    before the picture appeared are no choices: the place of the last of them is the path's `start`.

    Parameters
    ----------
    path : str or Path
        Text, as edf2asc makes it; only its lines EFIX, MSG, START and END are used.
    viewing : Viewing or callable
        The screen, in its pixels, or a function that gives it for a picture's name. It must have the pixels that
        DISPLAY_COORDS or GAZE_COORDS tell.
    start : str, optional
        How the message begins that says that the picture appeared. If left out: SYNCTIME, DISPLAY ON or DISPLAY_ON, and
        in a trial without them its START.
    eye : str, optional
        "L" or "R". If left out, the recorded one; of both, the right one.
    image : str
        The trial variable with the picture's name, of ``!V TRIAL_VAR image a.png``. In a trial without it, the words
        after TRIALID are its name.
    subject : str, optional
        Name of the observer; if left out, the trial variable subject, or else the file's name.
    first : int
        So many further fixations at the beginning of each trial are left out; the last of them is the path's `start`.

    Raises
    ------
    ValueError
        If a line is cut short or holds no number, the last trial has no END, a message or eye that was asked for is
        missing, or the screen is another; the message names file and row.
    OSError
        If the file is missing.
    """
    path = Path(path)
    if eye not in (None, "L", "R"):
        raise ValueError(f"expected eye 'L' or 'R', got '{eye}'")
    with reading(path, "cannot be read as a recording of EyeLink"):
        trials = list(_trials(path, STARTS if start is None else (start,)))
    paths = []
    for trial in trials:
        if trial.ended is None:
            raise ValueError(f"'{path}' ends within the trial that begins in row {trial.row}: it has no END")
        if start is not None and trial.appeared is None:
            raise ValueError(f"'{path}': the trial that begins in row {trial.row} has no message '{start}'")
        stimulus = trial.variables.get(image, trial.name)
        here = geometry_of(viewing, stimulus, path)
        if trial.screen_px not in (None, here.screen_px):
            raise ValueError(
                f"'{path}', the trial that begins in row {trial.row}: its screen has {trial.screen_px} pixels, "
                f"the viewing {here.screen_px}"
            )
        who = trial.variables.get("subject", path.stem) if subject is None else subject
        paths.append(_path(trial, path, here, stimulus, who, eye, first))
    return paths


@dataclass
class _Event:
    row: int
    eye: str
    onset: float
    duration: float
    x: float
    y: float


@dataclass
class _Trial:
    row: int
    name: str
    began: float | None = None
    appeared: float | None = None
    ended: float | None = None
    screen_px: tuple[int, int] | None = None
    variables: dict[str, str] = field(default_factory=dict)
    fixations: list[_Event] = field(default_factory=list)


def _trials(path: Path, starts: tuple[str, ...]) -> Iterator[_Trial]:
    """Give the trials in their order; a message that begins with one of `starts` tells that the picture appeared."""
    trial: _Trial | None = None
    screen: tuple[int, int] | None = None
    for row, line in enumerate(_lines(path), start=1):
        words = line.split()
        if _begins_trial(words, trial):
            if trial is not None:
                yield trial
            trial = _Trial(row, " ".join(words[3:]) if words[0] == "MSG" else "", screen_px=screen)
        if words[:1] == ["MSG"] and len(words) > 2 and words[2] in SCREENS:
            screen = _screen(words[3:], path, row)
        if trial is not None:
            trial.screen_px = screen
            _note(trial, line, starts, path, row)
    if trial is not None:
        yield trial


def _begins_trial(words: list[str], trial: _Trial | None) -> bool:
    """Whether a line begins a trial: TRIALID, or START where no trial is open."""
    named = words[:1] == ["MSG"] and words[2:3] == ["TRIALID"]
    return named or (words[:1] == ["START"] and (trial is None or trial.ended is not None))


def _note(trial: _Trial, line: str, starts: tuple[str, ...], path: Path, row: int) -> None:
    """Note in the open trial what a line tells of it."""
    words = line.split()
    match words[:1]:
        case ["MSG"] if len(words) > 2 and words[2] not in ("TRIALID", *SCREENS):
            text = line.split(maxsplit=2)[2].strip()
            if words[2:4] == ["!V", "TRIAL_VAR"] and len(words) > 4:
                name, _, value = text.split(maxsplit=2)[2].partition(" ")
                trial.variables[name] = value.strip()
            elif text.startswith(starts) and trial.appeared is None:
                trial.appeared = _number(words[1], path, row)
        case ["START"] if trial.began is None:
            trial.began = _number(_word(words, 1, path, row), path, row)
        case ["EFIX"]:
            trial.fixations.append(_fixation(words, path, row))
        case ["END"]:
            trial.ended = _number(_word(words, 1, path, row), path, row)


def _path(
    trial: _Trial, path: Path, viewing: Viewing, stimulus: str, subject: str, eye: str | None, first: int
) -> Scanpath:
    eyes = {event.eye for event in trial.fixations}
    if eye is not None and eyes and eye not in eyes:
        raise ValueError(f"'{path}': the trial that begins in row {trial.row} has no eye '{eye}'")
    watching = eye or max(eyes, default="R")
    fixations = sorted((event for event in trial.fixations if event.eye == watching), key=lambda event: event.onset)
    zero = trial.appeared if trial.appeared is not None else trial.began
    if zero is None or trial.ended is None:
        raise ValueError(f"'{path}': the trial that begins in row {trial.row} has no START")
    before = [event for event in fixations if event.onset < zero]
    seen = [event for event in fixations if event.onset >= zero]
    return as_scanpath(
        [event.x for event in seen],
        [event.y for event in seen],
        [(event.onset - zero) / 1000 for event in seen],
        [event.duration / 1000 for event in seen],
        viewing=viewing,
        where=lambda k: f"'{path}', row {seen[k].row}",
        stimulus=stimulus,
        subject=subject,
        start=(before[-1].x, before[-1].y) if before else None,
        watched=(trial.ended - zero) / 1000,
        first=first,
    )


def _lines(path: Path) -> Iterator[str]:
    """Give the lines; trackers write messages in whatever code the experiment used."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file '{path}'") from None


def _fixation(words: list[str], path: Path, row: int) -> _Event:
    if len(words) < 7 or words[1] not in ("L", "R"):
        raise ValueError(f"'{path}', row {row}: expected EFIX, eye, start, end, duration, x and y, got {words}")
    onset, _, duration, x, y = (_number(word, path, row) for word in words[2:7])
    return _Event(row, words[1], onset, duration, x, y)


def _screen(words: list[str], path: Path, row: int) -> tuple[int, int]:
    corners = [_number(word, path, row) for word in words if word != "="]
    if len(corners) != 4:
        raise ValueError(f"'{path}', row {row}: expected left, top, right and bottom of the screen, got {words}")
    left, top, right, bottom = corners
    return round(right - left + 1), round(bottom - top + 1)


def _word(words: list[str], k: int, path: Path, row: int) -> str:
    if len(words) <= k:
        raise ValueError(f"'{path}', row {row}: the line is cut short: {' '.join(words)}")
    return words[k]


def _number(word: str, path: Path, row: int) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"'{path}', row {row}: expected a number, got '{word}'") from None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _trial_lines(number: int, path: Scanpath, clock: int) -> Iterator[str]:
    zero, end = clock + LEAD_MS, clock + LEAD_MS + _ms(path.watched)
    width, height = path.viewing.screen_px
    density = f"{path.viewing.pixels_per_degree:.2f}"
    yield f"MSG\t{clock} TRIALID {number}"
    yield f"MSG\t{clock} !V TRIAL_VAR image {path.stimulus}"
    yield f"MSG\t{clock} !V TRIAL_VAR subject {path.subject}"
    yield f"MSG\t{clock} DISPLAY_COORDS 0 0 {width - 1} {height - 1}"
    yield f"START\t{clock} \tRIGHT\tEVENTS"
    yield from ("PRESCALER\t1", "VPRESCALER\t1", "PUPIL\tAREA")
    yield "EVENTS\tGAZE\tRIGHT\tRATE\t1000.00\tTRACKING\tCR\tFILTER\t2"
    from_xy, last = path.start, end
    for k, (x, y, begin, stop) in enumerate(_rests(path, clock, zero, end)):
        if k:
            yield from _saccade_lines(path.viewing, from_xy, (x, y), last + 1, begin - 1)
        yield f"SFIX R   {begin}"
        if not k:
            yield f"MSG\t{zero} SYNCTIME"
        yield f"EFIX R   {begin}\t{stop}\t{stop - begin + 1}\t{x:.1f}\t{y:.1f}\t0"
        from_xy, last = (x, y), stop
    yield f"END\t{max(end, last)} \tEVENTS\tRES\t{density}\t{density}"


def _rests(path: Scanpath, clock: int, zero: int, end: int) -> Iterator[tuple[float, float, int, int]]:
    """Give place, first and last millisecond of the rest on the start and of each fixation."""
    onsets = [zero + _ms(onset) for onset in path.onset]
    leaves = end
    if len(path):
        flight = float(saccade_duration(path.viewing.angle_deg(path.start, path.places[0])))
        leaves = max(onsets[0] - _ms(flight), zero)
    yield (*path.start, clock, max(leaves - 1, clock))
    for fixation, begin in zip(path, onsets, strict=True):
        yield fixation.x, fixation.y, begin, begin + max(_ms(fixation.duration), 1) - 1


def _saccade_lines(
    viewing: Viewing, a: tuple[float, float], b: tuple[float, float], begin: int, stop: int
) -> Iterator[str]:
    if stop < begin:
        return
    amplitude = float(viewing.angle_deg(np.array(a), np.array(b)))
    places = "\t".join(f"{value:.1f}" for value in (*a, *b))
    speed = float(peak_velocity(amplitude))
    yield f"SSACC R  {begin}"
    yield f"ESACC R  {begin}\t{stop}\t{stop - begin + 1}\t{places}\t{amplitude:.2f}\t{speed:.0f}"
