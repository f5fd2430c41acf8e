"""All measures of similarity between two scanpaths by name, with what each needs and which way is better."""

from dataclasses import dataclass

import numpy as np

from foveation import Viewing
from saliency.scanpaths.multimatch import multimatch
from saliency.scanpaths.pairs import Path, read_paths
from saliency.scanpaths.recurrence import cross_recurrence
from saliency.scanpaths.sequences import FixationClusters, scanmatch, sequence_score, string_edit
from saliency.scanpaths.warping import dtw, frechet, time_delay_embedding


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """What `similarities` gives under a name: its title in a table, its unit, and whether more of it is more alike."""

    title: str
    unit: str = ""
    greater_is_better: bool = True


SIMILARITIES = {
    "scanmatch": Similarity(title="ScanMatch, 50 ms"),
    "scanmatch_order": Similarity(title="ScanMatch without time"),
    "sequence_score": Similarity(title="Sequence score"),
    "string_similarity": Similarity(title="1 - string edit"),
    "multimatch_shape": Similarity(title="MultiMatch shape"),
    "multimatch_direction": Similarity(title="MultiMatch direction"),
    "multimatch_length": Similarity(title="MultiMatch length"),
    "multimatch_position": Similarity(title="MultiMatch position"),
    "multimatch_duration": Similarity(title="MultiMatch duration"),
    "time_delay_embedding": Similarity(title="Time-delay embedding"),
    "dtw": Similarity(title="Dynamic time warping", unit="deg", greater_is_better=False),
    "frechet": Similarity(title="Frechet distance", unit="deg", greater_is_better=False),
    "recurrence": Similarity(title="Cross-recurrence", unit="%"),
    "determinism": Similarity(title="Determinism", unit="%"),
    "laminarity": Similarity(title="Laminarity", unit="%"),
}


def similarities(
    first: Path, second: Path, *, clusters: FixationClusters | None = None, viewing: Viewing | None = None
) -> dict[str, float]:
    """Compare two paths by every measure, each as it is set; the names are those of `SIMILARITIES`.

    Parameters
    ----------
    first, second : Scanpath or array, shape (n, 3) or (n, 2)
        x and y in pixels, durations in seconds. The model's path comes first.
    clusters : FixationClusters, optional
        For the sequence score, which is NaN without.
    viewing : Viewing
        Geometry; needed with arrays only.

    Returns
    -------
    dict of str to float
        NaN for what is not defined: see each measure. Where a duration is unknown, those that need durations are NaN.

    Raises
    ------
    ValueError
        If the paths are of different screens, or the geometry is needed and missing.

    Examples
    --------
    >>> viewing = Viewing.from_pixels_per_degree(20, (480, 640))
    >>> path = np.array([(100, 100, 0.2), (300, 100, 0.3), (300, 300, 0.2)])
    >>> scores = similarities(path, path[:, :2] + (20, 0), viewing=viewing)
    >>> scores["string_similarity"], round(scores["dtw"], 3), scores["scanmatch"]
    (1.0, 0.984, nan)
    """
    pair = read_paths(first, second, viewing=viewing)
    if pair.viewing is None:
        raise ValueError("expected a viewing together with paths that are arrays")
    paths, shape = pair.tables, pair.shape
    timed = not any(np.isnan(table[:, 2]).any() for table in paths)
    marks = cross_recurrence(*paths, viewing=pair.viewing)
    return {
        "scanmatch": scanmatch(*paths, shape=shape) if timed else np.nan,
        "scanmatch_order": scanmatch(*paths, shape=shape, bin_s=None),
        "sequence_score": np.nan if clusters is None else sequence_score(*paths, clusters=clusters),
        "string_similarity": 1 - string_edit(*paths, shape=shape),
        **{f"multimatch_{name}": value for name, value in multimatch(*paths, shape=shape)._asdict().items()},
        "time_delay_embedding": time_delay_embedding(*paths, shape=shape),
        "dtw": dtw(*paths, viewing=pair.viewing),
        "frechet": frechet(*paths, viewing=pair.viewing),
        "recurrence": marks.recurrence,
        "determinism": marks.determinism,
        "laminarity": marks.laminarity,
    }
