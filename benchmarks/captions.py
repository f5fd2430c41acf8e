"""What is attention worth in describing scenes? Sentences with soft, hard and no attention, after equal CPU time.

`OPENBLAS_NUM_THREADS=1 python benchmarks/captions.py --seconds 150 --seeds 0 1 2 --variants soft hard none prior`

Pictures of 64 x 64 pixels with one to four objects; each network learns from as many as it can see six times in the
time that it has, and is asked about 500 others of each number of objects. "exact": the whole sentence is right.
"pointing": at the words that name an object, the cell with the greatest weight lies in its box. "prior" is soft, with
the saliency of Itti and Koch on the scores of attention; the time to find that is not counted.
"""

import argparse
import statistics
import time
from dataclasses import replace
from functools import partial

import numpy as np

from demos.training.control import cpu_seconds
from neural.sequences.captioning import Captioner, pointing_game
from neural.sequences.scenes import rendered_scenes
from saliency import IttiKoch

EPOCHS, MOST_PICTURES, BATCH, TIMED, ASKED = 6, 40_000, 48, 30, 500
MOST_OBJECTS = 4
TOLERANCE_PX = 2.0  # 3 % of the width, as published

soft = Captioner()
VARIANTS = {
    "soft": soft,
    "hard": replace(soft, decoder=replace(soft.decoder, normalise="sample")),
    "none": soft.control,
    "prior": replace(soft, prior=IttiKoch()),
}


def speed(captioner):
    """Tell from how many pictures it learns in a second of CPU time; the first batches are not counted."""
    scenes = rendered_scenes(TIMED * BATCH, 0)
    plain = replace(captioner, prior=None)
    fit = partial(plain.fit, scenes.images, scenes.captions, rng=0, epochs=1, batch=BATCH)
    times = [cpu_seconds(fit) for _ in range(4)]
    return TIMED * BATCH / statistics.median(times[1:])


def learned(captioner, seconds, seed):
    """Let it learn for so many seconds of CPU time; give it, what it took, and how many pictures it saw in a second."""
    seen = seconds * speed(captioner)
    pictures = int(min(seen / EPOCHS, MOST_PICTURES)) // BATCH * BATCH
    epochs = max(round(seen / pictures), 1)
    scenes = rendered_scenes(pictures, 1000 + seed)
    prepared = time.process_time()
    captioner.prepared(scenes.images, scenes.captions)._biases(scenes.images)
    start = time.process_time()
    taught = captioner.fit(scenes.images, scenes.captions, rng=seed, epochs=epochs, batch=BATCH)
    used = time.process_time() - start - (start - prepared if captioner.prior else 0)
    return taught, used, epochs * pictures / used


def told(captioner, objects):
    """Percent of sentences that are right, and the pointing game, strict and with a tolerance, with so many objects."""
    scenes = rendered_scenes(ASKED, 10_000 + objects, objects=(objects, objects))
    captions = captioner.caption(scenes.images)
    exact = np.mean([caption.text == right for caption, right in zip(captions, scenes.captions, strict=True)])
    return 100 * exact, pointing_game(captions, scenes), pointing_game(captions, scenes, tolerance_px=TOLERANCE_PX)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=["soft", "hard", "none"])
    chosen = parser.parse_args()
    print("variant seed  CPU s  pictures/s   exact % with 1, 2, 3, 4 objects   pointing   within 2 px")
    for variant in chosen.variants:
        for seed in chosen.seeds:
            captioner, used, rate = learned(VARIANTS[variant], chosen.seconds, seed)
            found = [told(captioner, objects) for objects in range(1, MOST_OBJECTS + 1)]
            exact = " ".join(f"{each:7.1f}" for each, *_ in found)
            many = np.arange(1, MOST_OBJECTS + 1)  # words that name something grow with the objects
            strict, near = np.average([each[1:] for each in found], axis=0, weights=many)
            print(
                f"{variant:<7} {seed:4d} {used:6.0f} {rate:11.0f}   {exact:>31}   {strict:8.2f} {near:13.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
