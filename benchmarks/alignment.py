"""How fast are the measures of scanpath similarity? Beside plain Python, and MultiMatch beside multimatch_gaze."""

import numpy as np
from measure import milliseconds, table, twins

from foveation import Viewing
from saliency import Scanpath
from saliency.scanpaths.multimatch import Simplification, multimatch
from saliency.scanpaths.recurrence import cross_recurrence, recurrence
from saliency.scanpaths.sequences import fixation_clusters, scanmatch, sequence_score, string_edit
from saliency.scanpaths.similarity import similarities
from saliency.scanpaths.warping import dtw, frechet, time_delay_embedding

plain = twins("saliency/scanpaths/test_alignment")
SHAPE = (480, 640)
VIEWING = Viewing.from_pixels_per_degree(19.2, SHAPE)
REPEATS = 200  # calls a timing: one alone is too short for the clock
rng = np.random.default_rng(0)


def path(n=10):
    places, duration = rng.random((n, 2)) * (639, 479), rng.gamma(4, 0.06, n)
    onset = np.cumsum(duration)
    return Scanpath(x=places[:, 0], y=places[:, 1], onset=onset, duration=duration, viewing=VIEWING, watched=onset[-1])


def microseconds(function, repeats):
    return 1000 * milliseconds(lambda: [function() for _ in range(repeats)], 7) / repeats


first, second = path(), path()
one, other = (np.column_stack([item.places, item.duration]) for item in (first, second))
viewers = [path() for _ in range(15)]
clusters = fixation_clusters(viewers)
pairs = {
    "MultiMatch": (lambda: multimatch(first, second), lambda: plain.plain_multimatch(one, other)),
    "ScanMatch, 50 ms": (lambda: scanmatch(first, second), lambda: plain.plain_scanmatch(one, other)),
    "ScanMatch without time": (
        lambda: scanmatch(first, second, bin_s=None),
        lambda: plain.plain_scanmatch(one, other, bin_s=None),
    ),
    "sequence score": (
        lambda: sequence_score(first, second, clusters=clusters),
        lambda: plain.plain_sequence_score(one, other, clusters.centres),
    ),
    "string edit": (lambda: string_edit(first, second), lambda: plain.plain_string_edit(one, other)),
    "dynamic time warping": (lambda: dtw(first, second), lambda: plain.plain_dtw(first, second)),
    "Frechet distance": (lambda: frechet(first, second), lambda: plain.plain_frechet(first, second)),
    "time-delay embedding": (
        lambda: time_delay_embedding(first, second),
        lambda: plain.plain_embedding(one, other),
    ),
    "cross-recurrence": (lambda: cross_recurrence(first, second), lambda: plain.plain_recurrence(first, second)),
    "recurrence": (lambda: recurrence(first), lambda: plain.plain_recurrence(first)),
    "mean shift, 150 fixations, 12 bandwidths": (
        lambda: fixation_clusters(viewers),
        lambda: plain.plain_clusters(viewers),
    ),
}
figures = []
for name, (mine, theirs) in pairs.items():
    repeats = 1 if name.startswith("mean shift") else REPEATS
    ours, peer = microseconds(mine, repeats), microseconds(theirs, max(repeats // 20, 1))
    figures.append((name, f"{ours:.1f}, {peer:.0f} us", f"{peer / ours:.0f} x"))
figures.append(
    ("all, by name", f"{microseconds(lambda: similarities(first, second, clusters=clusters), 50):.0f} us", "")
)
table("Two paths of 10 fixations, CPU time: ours, plain Python", figures)

try:
    import multimatch_gaze

    kind = [("start_x", float), ("start_y", float), ("duration", float)]
    records = [np.array([tuple(row) for row in rows], kind) for rows in (one, other)]
    grouping = {"grouping": True, "TDir": 45.0, "TDur": 0.3, "TAmp": 80.0}
    figures = []
    for name, simplify, options in (
        ("as it is", None, {}),
        ("simplified", Simplification(amplitude=0.1), grouping),
    ):
        ours = microseconds(lambda simplify=simplify: multimatch(first, second, simplify=simplify), REPEATS)
        peer = microseconds(
            lambda options=options: multimatch_gaze.docomparison(*records, [640, 480], **options), REPEATS // 20
        )
        figures.append((name, f"{ours:.1f}, {peer:.0f} us", f"{peer / ours:.0f} x, target 30 x"))
    table("MultiMatch of two paths of 10 fixations, CPU time: ours, multimatch_gaze", figures)
except ImportError:
    print("\nmultimatch_gaze is not installed: MultiMatch is not compared with it")
