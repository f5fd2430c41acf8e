"""`foveal cue`: how a flash or an arrow changes the time that an answer to a target takes."""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demos.arguments import MOST_COUNT, add_json, add_outputs, add_seed, real, whole
from demos.outputs import report
from demos.parser import CommandParser
from demos.tables import plain, write_rows

if TYPE_CHECKING:
    from neural.laboratory.cueing import Cueing

KINDS = ("exogenous", "endogenous")
SOAS_MS = {"exogenous": [100.0, 300.0, 500.0, 1000.0, 2500.0], "endogenous": [100.0, 300.0, 500.0, 1000.0]}
MOST_SOA_MS = 10_000
SHOWN = ("valid", "invalid")


def add_arguments(parser: CommandParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "kind", nargs="?", choices=KINDS, default=KINDS[0],
        help="a flash beside the fixation point, or an arrow on it (exogenous)",
    )  # fmt: skip
    parser.add_argument(
        "--soas", type=real("an interval in ms", above=0, most=MOST_SOA_MS), nargs="+", metavar="MS",
        help="intervals from cue to target, ms (100 300 500 1000 2500; of an arrow, to 1000)",
    )  # fmt: skip
    parser.add_argument(
        "--trials",
        type=whole("trials", most=MOST_COUNT),
        default=1000,
        metavar="N",
        help="trials of each condition (1000)",
    )
    parser.add_argument(
        "--validity", type=real("a share", least=0, most=1), metavar="P",
        help="share of valid trials that the observer is told of, 0 to 1 (0.5 of a flash, 0.8 of an arrow)",
    )  # fmt: skip
    add_outputs(parser, "figure (.png, .svg, .pdf) or table (.csv); may be given several times")
    add_seed(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Run the experiment, print its reaction times beside people's, and write what was asked for."""
    from foveation.files import FIGURE_ENDINGS, check_output
    from neural.laboratory.cueing import run_cueing

    outputs = [check_output(path, (*FIGURE_ENDINGS, ".csv")) for path in options.output or ()]
    soas = [soa / 1000 for soa in options.soas or SOAS_MS[options.kind]]
    cueing = run_cueing(options.kind, soas, options.trials, validity=options.validity, rng=options.seed)
    for output in outputs:
        _write(cueing, output)
    if options.json:
        print(json.dumps({**_summary(cueing), "written": [str(output) for output in outputs]}, indent=1))
        return
    _print(cueing, options.trials)
    report([("written", output) for output in outputs])


def _summary(cueing: "Cueing") -> dict[str, Any]:
    """Give all numbers, in ms; null where there is none."""
    rows = [
        {
            "soa_ms": 1000 * soa,
            **{f"{name}_ms": _ms(cueing.mean(name, soa).value) for name in ("valid", "invalid", "neutral")},
            "invalid_minus_valid_ms": _ms(cueing.effect(soa).value),
            "error_ms": _ms(cueing.effect(soa).error),
            "benefit_ms": _ms(cueing.effect(soa, "neutral", "valid").value),
            "cost_ms": _ms(cueing.effect(soa, "invalid", "neutral").value),
            "people_invalid_minus_valid_ms": _people(cueing, soa, "effect"),
            **{f"people_{name}_ms": _people(cueing, soa, name) for name in SHOWN},
        }
        for soa in cueing.soas
    ]
    cells = {name: [plain(value) for value in column] for name, column in cueing.table().items()}
    return {"kind": cueing.kind, "validity": cueing.validity, "effects": rows, "conditions": cells}


def _people(cueing: "Cueing", soa: float, name: str) -> float | None:
    from neural.laboratory.cueing import PEOPLE

    known = PEOPLE.get(round(soa, 4), {}) if cueing.kind == "exogenous" else {}
    return _ms(known[name]) if known else None


def _ms(seconds: float) -> float | None:
    return round(1000 * seconds, 3) if math.isfinite(seconds) else None


def _print(cueing: "Cueing", trials: int) -> None:
    flash = cueing.kind == "exogenous"
    cue = "a flash at one of two places" if flash else "an arrow to one of two places"
    report([("cue", f"{cue}; valid in {100 * cueing.validity:g} % of trials"), ("trials", f"{trials} a condition")])
    ahead = ("people:  valid", "invalid", "difference") if flash else ("benefit", "cost")
    heads = ("interval", "valid", "invalid", "difference", "neutral", *ahead)
    print("  ".join(f"{head:>10}" for head in heads) + "   ms")
    for row in _summary(cueing)["effects"]:
        names = ["valid_ms", "invalid_ms", "invalid_minus_valid_ms", "neutral_ms"]
        more = [f"people_{name}_ms" for name in (*SHOWN, "invalid_minus_valid")] if flash else ["benefit_ms", "cost_ms"]
        cells = [f"{row['soa_ms']:10g}"] + [
            _cell(row[name], len(head)) for name, head in zip((*names, *more), heads[1:], strict=True)
        ]
        print("  ".join(cells))
    errors = [cueing.share(name, soa, "wrong") for name in SHOWN for soa in cueing.soas]
    late = [cueing.share(name, soa, "miss") for name in SHOWN for soa in cueing.soas]
    early = [cueing.share(name, soa, "anticipation") for name in SHOWN for soa in cueing.soas]
    caught = [cueing.share("catch", soa, "withheld") for soa in cueing.soas]
    report([
        ("errors", f"{100 * sum(errors) / len(errors):.1f} % wrong, {100 * sum(late) / len(late):.1f} % missed, "
                   f"{100 * sum(early) / len(early):.1f} % before 150 ms"),
        ("catch", f"no answer in {100 * sum(caught) / len(caught):.1f} % of trials without a target"),
        ("people", "17 people, Mathôt et al. (2014)" if flash else
         "benefit and cost 15 to 60 ms each (Posner 1980, from memory)"),
    ])  # fmt: skip


def _cell(value: float | None, width: int) -> str:
    width = max(width, 10)
    return f"{'-':>{width}}" if value is None else f"{value:{width}.0f}"


def _write(cueing: "Cueing", output: Path) -> None:
    from foveation.figures import save_figure

    if output.suffix.lower() != ".csv":
        save_figure(_figure(cueing), output)
        return
    table = cueing.table()
    write_rows(output, table, zip(*table.values(), strict=True))


def _figure(cueing: "Cueing") -> Any:  # noqa: ANN401
    from neural.figures import cueing_figure
    from neural.laboratory.cueing import PEOPLE, condition_trial
    from neural.laboratory.orienting import Orienting

    shown = sorted({cueing.soas[0], cueing.soas[len(cueing.soas) // 2], cueing.soas[-1]})
    traces = {
        f"valid cue, target after {1000 * soa:g} ms": Orienting().course(
            condition_trial(cueing.kind, "valid", soa), validity=cueing.validity, after=1.0
        )
        for soa in shown
    }
    return cueing_figure(cueing, traces, PEOPLE if cueing.kind == "exogenous" else None)
