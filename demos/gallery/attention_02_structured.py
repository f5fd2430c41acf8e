"""Structured attention: a segment that neighbours agree on, and objects before their pixels.

Above: a segment (yellow) is planted in noise. The flat softmax and independent logistic weights believe the noise of
each place; on a chain with attractive pairs, the neighbours of a place have a say. Below: each hill of a blurred
priority map is a proto-object. Attention to objects, times attention to pixels within an object, is the flat softmax of
the map.
"""

import numpy as np
from skimage.segmentation import watershed

from foveation import as_image, sample_pixels
from foveation.figures import save_figure
from foveation.opencv import cv2
from neural.attention.chain import LinearChainAttention
from neural.attention.segments import attend_groups
from neural.figures import structure_figure
from saliency import IttiKoch
from saliency.gate.softmax import softmax

rng = np.random.default_rng(0)
segment = (np.arange(40) >= 14) & (np.arange(40) < 24)
evidence = rng.normal(size=40) + segment
scores = evidence - 0.5  # log likelihood ratio of a place in the segment and one outside
begin, end = 1 / 30, 1 / 10  # a segment of ten places in every forty
weights = {
    "softmax": softmax(scores),
    "independent logistic": LinearChainAttention(scores, np.zeros((2, 2))).weights(),
    "chain of neighbours": LinearChainAttention(scores, np.log([[1 - begin, begin], [end, 1 - end]])).weights(),
}

image = as_image(sample_pixels("coffee"))
priority = IttiKoch()(image)
hills = watershed(-cv2.GaussianBlur(priority, (0, 0), 12))  # type: ignore[no-untyped-call]
seen = attend_groups(priority / priority.max(), hills, temperature=0.2)
save_figure(structure_figure(evidence, weights, segment, image, seen), "attention_02_structured.png")
