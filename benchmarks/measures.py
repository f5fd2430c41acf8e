"""How fast are the measures? Beside what they equal: pysaliency where it is installed, else the same in plain NumPy."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from measure import milliseconds, table

from saliency.measures.fixations import fixation_density
from saliency.measures.information import information_gain
from saliency.measures.scores import as_density, auc_borji, auc_judd, auc_shuffled, cc, kl_divergence, nss, sim

EPSILON = 2.2204e-16
rng = np.random.default_rng(0)
shape = (480, 640)
saliency = cv2.GaussianBlur(rng.random(shape, np.float32), (0, 0), 8)
places, elsewhere = (rng.random((n, 2)) * (639, 479) for n in (100, 20_000))
density = fixation_density(places, shape, sigma=19.2)
log_density, baseline = np.log(as_density(saliency)), np.log(as_density(np.ones(shape)))
columns, rows = np.rint(places).astype(int).T
other_columns, other_rows = np.rint(elsewhere).astype(int).T


def plain_nss():
    values = saliency.astype(float)
    return ((values[rows, columns] - values.mean()) / values.std()).mean()


def plain_area(negatives):
    values = np.sort(negatives)
    at = saliency[rows, columns]
    return np.mean(np.searchsorted(values, at, "left") + np.searchsorted(values, at, "right")) / 2 / values.size


def plain_cc():
    return np.corrcoef(saliency.ravel(), density.ravel())[0, 1]


def plain_sim():
    return np.minimum(saliency / saliency.sum(), density / density.sum()).sum()


def plain_kl():
    p, q = (values.astype(float) / values.astype(float).sum() for values in (saliency, density))
    return np.sum(q * np.log(EPSILON + q / (p + EPSILON)))


def plain_gain():
    return np.mean(log_density[rows, columns] - baseline[rows, columns]) / np.log(2)


def plain_density():
    counts = np.zeros(shape)
    np.add.at(counts, (rows, columns), 1)
    reach = 77  # four standard deviations
    return cv2.GaussianBlur(counts, (2 * reach + 1, 2 * reach + 1), 19.2, borderType=cv2.BORDER_REFLECT) / 100


def splits():
    return [plain_area(saliency.ravel()[rng.integers(saliency.size, size=100)]) for _ in range(100)]


pairs = {
    "NSS": (lambda: nss(saliency, places), plain_nss),
    "AUC-Judd": (lambda: auc_judd(saliency, places), lambda: plain_area(saliency.ravel())),
    "AUC-Judd, Judd's own thresholds": (
        lambda: auc_judd(saliency, places, negatives="unfixated", thresholds="fixated"),
        lambda: plain_area(saliency.ravel()),
    ),
    "AUC-Borji, 100 splits": (lambda: auc_borji(saliency, places, rng=0), splits),
    "sAUC, 20,000 fixations elsewhere": (
        lambda: auc_shuffled(saliency, places, elsewhere),
        lambda: plain_area(saliency[other_rows, other_columns]),
    ),
    "CC": (lambda: cc(saliency, density), plain_cc),
    "SIM": (lambda: sim(saliency, density), plain_sim),
    "KL": (lambda: kl_divergence(saliency, density), plain_kl),
    "IG": (lambda: information_gain(log_density, places, baseline), plain_gain),
    "fixation density, sigma 19.2 px": (lambda: fixation_density(places, shape, sigma=19.2), plain_density),
}
peers = "plain NumPy and OpenCV"
try:
    from pysaliency import metrics
    from pysaliency.roc import general_roc
    from scipy.ndimage import gaussian_filter

    def reference_area(negatives):
        return general_roc(saliency[rows, columns].astype(float), negatives.astype(float))[0]

    def reference_density():
        counts = np.zeros(shape)
        np.add.at(counts, (rows, columns), 1)
        return gaussian_filter(counts, 19.2)

    references = {
        "NSS": lambda: metrics.NSS(saliency, columns, rows).mean(),
        "CC": lambda: metrics.CC(saliency, density),
        "SIM": lambda: metrics.SIM(saliency, density),
        "KL": lambda: metrics.MIT_KLDiv(saliency, density),
        "fixation density, sigma 19.2 px": reference_density,
    }
    if hasattr(np, "trapz"):  # which its areas need
        references["AUC-Judd"] = lambda: reference_area(saliency.ravel())
        references["sAUC, 20,000 fixations elsewhere"] = lambda: reference_area(saliency[other_rows, other_columns])
    pairs |= {name: (pairs[name][0], peer) for name, peer in references.items()}
    peers = "pysaliency where it has the measure, else plain NumPy"
except ImportError:
    pass

figures, ours = [], 0.0
for name, (mine, theirs) in pairs.items():
    one, other = milliseconds(mine, 9), milliseconds(theirs, 5)
    ours += one
    figures.append((name, f"{one:.2f}, {other:.2f} ms", f"{other / one:.1f} x"))
figures.append(("all of them, 1,000 pictures, one thread", f"{ours:.0f} s", "target 60 s"))


def all_at_once(_: int) -> list[float]:
    return [float(np.sum(mine())) for mine, _ in pairs.values()]


with ThreadPoolExecutor(2) as pool:
    same = all(result == all_at_once(0) for result in pool.map(all_at_once, range(8)))
figures.append(("threads give the same numbers", "yes" if same else "no", ""))
table(f"Measures, 640 x 480, 100 fixations, CPU time: ours, {peers}", figures)
