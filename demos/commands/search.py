"""`foveal search`: how fast people find a thing among others, or a thing in a photograph."""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import (
    MOST_COUNT,
    VIEWING,
    add_json,
    add_outputs,
    add_seed,
    add_viewing,
    add_workers,
    given_any,
    place,
    whole,
)
from demos.inputs import viewing_of
from demos.outputs import angle_line, report, report_fixations
from demos.parser import CommandParser
from demos.tables import write_table

if TYPE_CHECKING:
    from neural.laboratory.experiment import SearchExperiment
    from neural.laboratory.photo_search import PhotoSearch

KINDS = (  # those of saliency.SEARCHES, and a short name: a help must not wait for the library
    "pop-out", "pop-out-colour", "pop-out-orientation", "pop-out-size", "pop-out-motion", "conjunction", "t-among-l",
    "2-among-5", "q-among-o", "o-among-q", "tilted-among-vertical", "vertical-among-tilted", "curved-among-straight",
    "straight-among-curved",
)  # fmt: skip
SIZES = [3, 6, 12, 18]
MOST_ITEMS, MOST_SACCADES = 1000, 10_000


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "what", metavar="SEARCH", help=f"a search display: {', '.join(KINDS)}; or a picture, with --target"
    )
    parser.add_argument("--target", type=Path, metavar="FILE", help="picture of the thing to find in the picture")
    displays = parser.add_argument_group("displays")
    displays.add_argument(
        "--sizes",
        type=whole("a set size", most=MOST_ITEMS),
        nargs="+",
        default=SIZES,
        metavar="N",
        help="set sizes (3 6 12 18)",
    )
    displays.add_argument(
        "--trials",
        type=whole("trials", most=MOST_COUNT),
        default=200,
        metavar="N",
        help="trials with each set size, half with a target (200)",
    )
    displays.add_argument(
        "--eyes", action="store_true", help="search with eye movements, because what is far from the gaze is not clear"
    )
    add_workers(displays, "processes")
    photographs = parser.add_argument_group("photographs")
    photographs.add_argument(
        "--saccades",
        type=whole("saccades", most=MOST_SACCADES),
        default=64,
        metavar="N",
        help="give up after so many (64)",
    )
    photographs.add_argument("--start", type=place, metavar="X,Y", help="where the gaze begins, in pixels (the middle)")
    add_outputs(parser, "figure (.png, .svg, .pdf) or table (.csv: trials, or fixations); may be given several times")
    add_seed(parser)
    add_viewing(parser)
    parser.only("sizes", "trials", "eyes", "workers", where="for displays", met=lambda options: options.target is None)
    parser.only("saccades", "start", *VIEWING, where="with --target (displays are in degrees)", met=given_any("target"))
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Search, print what came of it, and write what was asked for."""
    from foveation.files import FIGURE_ENDINGS, check_output

    outputs = [check_output(path, (*FIGURE_ENDINGS, ".csv")) for path in options.output or ()]
    if options.target is not None:
        _search_photograph(options, outputs)
    elif options.what in KINDS:
        _search_displays(options, outputs)
    elif Path(options.what).exists():
        raise ValueError(f"expected --target, a picture of the thing to find in '{options.what}'")
    else:
        raise ValueError(f"there is no search '{options.what}'; expected a picture, or one of: {', '.join(KINDS)}")


def _search_displays(options: argparse.Namespace, outputs: list[Path]) -> None:
    """Run an experiment."""
    from demos.workers import pool_of
    from foveation.figures import save_figure
    from neural.laboratory.experiment import run_experiment
    from neural.laboratory.overt_searcher import OvertSearcher
    from neural.laboratory.searcher import Searcher

    searcher = OvertSearcher() if options.eyes else Searcher()
    with pool_of(options.workers, searcher) as executor:
        experiment = run_experiment(
            options.what, sizes=options.sizes, trials=options.trials, searcher=searcher, rng=options.seed,
            executor=executor,
        )  # fmt: skip
    for output in outputs:
        if output.suffix.lower() == ".csv":
            write_table(output, experiment.table())
        else:
            from neural.figures import slopes_figure

            save_figure(slopes_figure([experiment]), output)
    if options.json:
        print(json.dumps({**_summary(experiment), "written": [str(output) for output in outputs]}, indent=1))
        return
    _print(experiment, options.trials)
    report([("written", output) for output in outputs])


def _summary(experiment: "SearchExperiment") -> dict[str, Any]:
    """Give all numbers; null where there is none."""
    sizes, slopes = experiment.sizes, _lines(experiment)
    people = experiment.people
    fixations = [trial.fixations for trial in experiment.trials]
    return {
        "search": experiment.kind,
        "set_sizes": list(sizes),
        "trials": len(experiment.trials),
        **slopes,
        "rt_present_ms": [_known(experiment.mean_rt(size, True)) for size in sizes],
        "rt_absent_ms": [_known(experiment.mean_rt(size, False)) for size in sizes],
        "miss_rate": [_known(experiment.errors(size, True)) for size in sizes],
        "false_alarm_rate": [_known(experiment.errors(size, False)) for size in sizes],
        "fixations": _known(sum(fixations) / len(fixations)),
        "people": None
        if people is None
        else {
            "slope_present_ms_per_item": _known(people.slope_present),
            "slope_absent_ms_per_item": _known(people.slope_absent),
            "intercept_present_ms": _known(people.intercept_present),
            "intercept_absent_ms": _known(people.intercept_absent),
            "set_sizes": None if people.errors is None else SIZES,
            "miss_rate": None if people.errors is None else list(people.errors[0]),
            "false_alarm_rate": None if people.errors is None else list(people.errors[1]),
            "source": people.source,
        },
    }


def _lines(experiment: "SearchExperiment") -> dict[str, float | None]:
    """Give slopes and intercepts; none of a single set size."""
    names = (
        "slope_present_ms_per_item", "slope_absent_ms_per_item", "intercept_present_ms", "intercept_absent_ms",
    )  # fmt: skip
    if len(experiment.sizes) < 2:
        return dict.fromkeys(names)
    return {name: _known(value) for name, value in zip(names, experiment.slopes(), strict=True)}


def _known(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _print(experiment: "SearchExperiment", trials: int) -> None:
    told = _summary(experiment)
    people = told["people"] or {}
    report([("search", experiment.kind), ("trials", f"{trials} with each set size, half with a target")])
    print(f"{'':22}{'target present':>24}{'target absent':>24}")
    print(f"{'':22}{'searcher':>12}{'people':>12}{'searcher':>12}{'people':>12}")
    rows = (("slope (ms an item)", "slope_{}_ms_per_item", ".1f"), ("intercept (ms)", "intercept_{}_ms", ".0f"))
    for name, key, form in rows:
        cells = [each.get(key.format(side)) for side in ("present", "absent") for each in (told, people)]
        print(f"{name:<22}" + "".join(f"{_cell(value, form):>12}" for value in cells))
    known = people.get("set_sizes") or []
    for number, size in enumerate(told["set_sizes"]):
        cells = []
        for key in ("miss_rate", "false_alarm_rate"):
            theirs = people[key][known.index(size)] if size in known else None
            cells += [told[key][number], theirs]
        print(f"{f'errors, {size} items':<22}" + "".join(f"{_cell(value, '.1%'):>12}" for value in cells))
    for number, size in enumerate(told["set_sizes"]):
        both = [told[key][number] for key in ("rt_present_ms", "rt_absent_ms")]
        cells = [both[0], None, both[1], None]
        print(f"{f'ms, {size} items':<22}" + "".join(f"{_cell(value, '.0f'):>12}" for value in cells))
    if told["fixations"] > 1:
        report([("fixations", f"{told['fixations']:.1f} a trial")])
    if people:
        report([("people", people["source"])])


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _search_photograph(options: argparse.Namespace, outputs: list[Path]) -> None:
    """Search a photograph for a thing."""
    from foveation.figures import save_figure
    from foveation.picture_files import read_pixels
    from neural.laboratory.photo_search import PhotoSearcher

    picture = Path(options.what)
    pixels, template = read_pixels(picture), read_pixels(options.target)
    viewing, source = viewing_of(options, pixels.shape)
    search = PhotoSearcher().search(
        pixels, template, viewing, saccades=options.saccades, start=options.start, rng=options.seed
    )
    for output in outputs:
        if output.suffix.lower() == ".csv":
            search.path.write(output)
        else:
            from neural.figures import search_photo_figure

            save_figure(search_photo_figure(pixels, search), output)
    if options.json:
        print(json.dumps({**_found(search), "written": [str(output) for output in outputs]}, indent=1))
        return
    width, height = viewing.screen_px
    report([("picture", f"{picture.name}, {width} x {height} px"), ("target", options.target.name)])
    report([("viewing", source), ("", angle_line(viewing)), ("answer", _in_words(search))])
    report_fixations(search.path)
    report([("written", output) for output in outputs])


def _in_words(search: "PhotoSearch") -> str:
    many = f"{search.fixations} fixation{'' if search.fixations == 1 else 's'}, {search.time_s:.2f} s"
    if search.place is not None:
        return f"found at x {search.place[0]:.0f}, y {search.place[1]:.0f}, after {many}"
    return f"absent, after {many}" if search.verdict == "absent" else f"not found: no saccade is left, after {many}"


def _found(search: "PhotoSearch") -> dict[str, Any]:
    return {
        "verdict": search.verdict,
        "found": search.found,
        "place": search.place,
        "box": search.box,
        "fixations": search.fixations,
        "time_ms": round(1000 * search.time_s, 3),
        "path": json.loads(search.path.to_json()),
    }
