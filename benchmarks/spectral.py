"""How fast are the spectral models? Beside the spectral residual of OpenCV's contributed modules, where installed."""

import cv2
import numpy as np
from measure import milliseconds, table

from foveation import sample_pixels
from saliency.models.frequency_tuned import FrequencyTuned
from saliency.models.image_signature import ImageSignature
from saliency.models.quaternion_dct import TRANSFORMS, QuaternionDCT
from saliency.models.spectral_residual import SpectralResidual

REPEATS = 101
vga = cv2.resize(sample_pixels("coffee"), (640, 480), interpolation=cv2.INTER_AREA)
bgr = np.ascontiguousarray(vga[:, :, ::-1])
model = SpectralResidual()
rows = []
if hasattr(cv2, "saliency"):
    original = cv2.saliency.StaticSaliencySpectralResidual_create()
    rounds = [
        (milliseconds(lambda: model(vga), REPEATS), milliseconds(lambda: original.computeSaliency(bgr), REPEATS))
        for _ in range(5)
    ]
    ours, theirs = sorted(rounds, key=lambda pair: pair[0] / pair[1])[2]
    worst = max(
        np.abs(model(pixels) - original.computeSaliency(pixels[:, :, ::-1].copy())[1]).max()
        for pixels in (sample_pixels("coffee"), sample_pixels("astronaut"), vga)
    )
    rows = [
        ("spectral residual: ours, cv2.saliency", f"{ours:.2f}, {theirs:.2f} ms", ""),
        ("time as a share of cv2.saliency's (median of 5 rounds)", f"{ours / theirs:.2f} x", "target 1.3 x"),
        ("largest difference of the maps, of 1", f"{worst:.1e}", "target 1e-3"),
    ]
else:
    print("To compare with cv2.saliency, run this where opencv-contrib-python-headless is installed in OpenCV's place.")
    rows = [("spectral residual", f"{milliseconds(lambda: model(vga), REPEATS):.2f} ms", "")]
others = {
    "spectral residual, phase only": SpectralResidual(amplitude="flat"),
    "image signature": ImageSignature(),
    **{f"quaternions, {name}": QuaternionDCT(transform=name) for name in TRANSFORMS},
    "frequency-tuned, at full size": FrequencyTuned(),
}
for name, other in others.items():
    rows.append((name, f"{milliseconds(lambda other=other: other(vga)):.2f} ms", ""))
table("Spectral saliency, 640 x 480 bytes, CPU time, one thread", rows)
