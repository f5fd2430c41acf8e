"""How near is search to people's? Slopes, intercepts and errors of all searches, one setting; and what a trial costs.

python benchmarks/search.py [TRIALS WITH EACH SET SIZE]
"""

import sys
import time

import numpy as np
from measure import table

from neural.laboratory.bayesian_searcher import RULES, BayesianSearcher, hexagon
from neural.laboratory.experiment import SearchExperiment, run_experiment
from neural.laboratory.overt_searcher import OvertSearcher
from neural.laboratory.searcher import Searcher
from saliency.displays.search import SEARCHES

TRIALS = int(sys.argv[1]) if len(sys.argv) > 1 else 400
PAIRS = (
    ("tilted-among-vertical", "vertical-among-tilted", "> 2"),
    ("curved-among-straight", "straight-among-curved", "> 2"),
    ("q-among-o", "o-among-q", "> 3"),
)
GOALS = {
    "pop-out-colour": "< 3 / < 6",
    "conjunction": "6-14 / 14-30, ratio 1.7-2.8",
    "t-among-l": "15-50 / 30-110, ratio 1.8-2.5",
    "2-among-5": "43.1 / 95.3 within 20 %",
}


def line(kind: str, told: SearchExperiment) -> tuple[str, str, str]:
    slopes = told.slopes()
    ratio = f", ratio {slopes.ratio:.2f}" if slopes.slope_present > 3 else ""
    return kind, f"{slopes.slope_present:.1f} / {slopes.slope_absent:.1f}{ratio}", GOALS.get(kind, "")


def errors(told: SearchExperiment) -> str:
    shares = [" ".join(f"{100 * told.errors(size, side):.1f}" for size in told.sizes) for side in (True, False)]
    return " / ".join(shares)


def theirs(told: SearchExperiment) -> str:
    known = told.people.errors if told.people else None
    return "" if known is None else " / ".join(" ".join(f"{100 * share:.1f}" for share in side) for side in known)


experiments, seconds = {}, {}
for name in SEARCHES:
    start = time.process_time()
    trials = TRIALS // 4 if SEARCHES[name].frames > 1 else TRIALS
    experiments[name] = run_experiment(name, trials=trials, searcher=Searcher(), rng=1)
    seconds[name] = 1000 * (time.process_time() - start) / len(experiments[name].trials)

table("Slopes, target present / absent, ms an item", [line(*each) for each in experiments.items()])
table(
    "Asymmetries: slope of the harder over that of the easier search, target present",
    [
        (
            f"{hard} over {easy}",
            f"{experiments[hard].slopes().slope_present / experiments[easy].slopes().slope_present:.2f}",
            goal,
        )
        for easy, hard, goal in PAIRS
    ],
)
table(
    "Intercepts, target present / absent, ms",
    [
        (
            name,
            " / ".join(f"{value:.0f}" for value in told.slopes()[2:]),
            ""
            if told.people is None or np.isnan(told.people.intercept_present)
            else f"people {told.people.intercept_present:.0f} / {told.people.intercept_absent:.0f}",
        )
        for name, told in experiments.items()
    ],
)
table(
    "Errors with 3, 6, 12, 18 items, %: misses / false alarms",
    [(name, errors(told), theirs(told)) for name, told in experiments.items()],
)
table("CPU time", [(f"1,000 trials: {name}", f"{each:.1f} s", "< 60 s") for name, each in seconds.items()])

overt = [
    trial
    for name in ("pop-out-colour", "conjunction", "t-among-l", "2-among-5")
    for trial in run_experiment(name, trials=max(TRIALS // 5, 10), searcher=OvertSearcher(), rng=1).trials
    if trial.correct
]
slope, intercept = np.polyfit([trial.fixations - 1 for trial in overt], [1000 * trial.rt for trial in overt], 1)
table("With eye movements, four searches", [("RT", f"{intercept:.0f} + {slope:.0f} ms a fixation", "376 + 252")])

rows = []
for rule in RULES:
    searcher = BayesianSearcher(rule=rule)
    hunts = [searcher.search(seed % 61, hexagon(), rng=seed) for seed in range(61)]
    rows.append((rule, f"{np.mean([len(hunt.fixated) for hunt in hunts]):.1f} fixations", ""))
table("Bayesian searchers, 61 places in noise", rows)
