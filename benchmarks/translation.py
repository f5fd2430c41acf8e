"""What attention is for, in numbers: translation with and without it, in equal CPU time.

`OPENBLAS_NUM_THREADS=1 python benchmarks/translation.py dates` learns lists of one to four dates, 240 CPU-seconds a
network, and prints: lists that are right by their number of dates (five and six were never seen), where the gradients
come from, and how well attention aligns.

`python benchmarks/translation.py corpus FOLDER --of de --to en --seconds 1800` learns from `train.tsv.gz` of the
folder, lower case, and prints BLEU on `test_2016_flickr.tsv.gz`, by length of the source too. It needs sentencepiece
and sacrebleu.

Epochs are chosen so that they fill the time, from a few batches that are timed first; figures go to standard output,
and with `--output` the translator to a file.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np

from demos.training.control import cpu_seconds
from neural.files import write_network
from neural.sequences.corpus import dates_and_numbers, read_pairs
from neural.sequences.decoder import Decoder
from neural.sequences.scores import alignment_error_rate_of, attention_on_source, bleu, bleu_by_length, bleu_signature
from neural.sequences.translation import Translator
from neural.sequences.vocabulary import Subwords

FORMS = {"attention": "luong", "control": "none"}
LISTS, ITEMS, UNSEEN = 20_000, (1, 2, 3, 4), (5, 6)
TESTED, ASKED = 500, 40  # lists of each length; those of which gradients are taken
TIMED = 60  # batches that are timed
SPLITS = {"train": "train.tsv.gz", "test": "test_2016_flickr.tsv.gz"}


def epochs_in(seconds, translator, pairs, batch):
    """Give how many epochs fill the time, and pairs a second of CPU time."""
    few = pairs[: batch * TIMED]
    translator.fit(few[:batch], rng=0, epochs=1, batch=batch)
    pace = len(few) / cpu_seconds(partial(translator.fit, few, rng=0, epochs=1, batch=batch))
    return max(1, round(seconds * pace / len(pairs))), pace


def learned(translator, pairs, seconds, seed, *, batch, learning_rate):
    """Learn for so many CPU-seconds; give the translator, and how it went."""
    epochs, pace = epochs_in(seconds, translator, pairs, batch)
    start = time.process_time()
    translator = translator.fit(pairs, rng=seed, epochs=epochs, batch=batch, learning_rate=learning_rate)
    return translator, {"pairs/s": pace, "epochs": epochs, "CPU-s": time.process_time() - start}


def right_lists(translator, items, seed=9000):
    """Give the share of lists that are right, and that of the dates in them."""
    lists = dates_and_numbers(TESTED, seed + items, items=(items, items), numbers=0.0)
    told = [each.text for each in translator.translate([each.source for each in lists])]
    whole = np.mean([text == each.target for text, each in zip(told, lists, strict=True)])
    parts = np.concatenate(
        [
            [
                said == right
                for said, right in zip((text.split() + [""] * items)[:items], each.target.split(), strict=True)
            ]
            for text, each in zip(told, lists, strict=True)
        ]
    )
    return 100 * whole, 100 * parts.mean()


def shares(translator, items=4, seed=8000):
    """Give the share of gradients, and of attention, on the right date, for each date of a list, in percent."""
    lists = dates_and_numbers(ASKED, seed, items=(items, items), numbers=0.0)
    gradients = [attention_on_source(translator.influence(each.source, each.target), each.spans) for each in lists]
    aligned = translator.align([(each.source, each.target) for each in lists])
    looked = [
        attention_on_source(each.weights, some.spans) if each.weights.any() else np.full(items, np.nan)
        for each, some in zip(aligned, lists, strict=True)
    ]
    even = [
        attention_on_source(np.ones_like(each.weights), some.spans) for each, some in zip(aligned, lists, strict=True)
    ]
    error = 100 * alignment_error_rate_of([each.weights for each in aligned], lists)
    return [100 * np.mean(each, axis=0) for each in (gradients, looked, even)], error


def dates(options):
    """Learn lists of dates, and print what came of it."""
    rows, rest = [], []
    for seed in range(options.first, options.first + options.seeds):
        lists = dates_and_numbers(LISTS, 100 + seed, items=(ITEMS[0], ITEMS[-1]), numbers=0.0)
        pairs = [(each.source, each.target) for each in lists]
        for name in options.forms:
            start = Translator(
                units=options.units, embedding=32, decoder=Decoder(size=options.units, embedding=32, form=FORMS[name])
            )
            translator, how = learned(start, pairs, options.seconds, seed, batch=64, learning_rate=3e-3)
            found = [right_lists(translator, items) for items in (*ITEMS, *UNSEEN)]
            rows.append([name, seed, *(f"{whole:.1f} ({part:.0f})" for whole, part in found)])
            (gradients, looked, even), error = shares(translator)
            spread = (" / ".join(f"{share:.0f}" for share in each) for each in (gradients, looked, even))
            rest.append([name, seed, *spread, f"{error:.1f}", *(f"{value:.0f}" for value in how.values())])
            columns(["", "seed", *(f"{items} dates" for items in (*ITEMS, *UNSEEN))], rows[-1:])
            _keep(translator, options, f"{name}-{seed}")
    print("\nlists right, % (dates right, %)")
    columns(["", "seed", *(f"{items} dates" for items in (*ITEMS, *UNSEEN))], rows)
    print("\nlists of four: share of gradients, of attention, of characters (chance) on the right date, %; AER")
    columns(["", "seed", "gradients", "attention", "chance", "AER %", "pairs/s", "epochs", "CPU-s"], rest)


def corpus(options):
    """Learn from a corpus, and print BLEU."""
    train, test = (
        [
            (source.lower(), target.lower())
            for source, target in read_pairs(options.folder / name, columns=(options.of, options.to))
        ]
        for name in SPLITS.values()
    )
    source, target = (Subwords.learn([pair[side] for pair in train], size=options.pieces) for side in (0, 1))
    lengths = [len(pair[0].split()) for pair in test]
    hypotheses = {}
    for seed in range(options.first, options.first + options.seeds):
        for name in options.forms:
            decoder = Decoder(
                size=options.size, embedding=256, form=FORMS[name], dropout=options.dropout, smoothing=0.1
            )
            start = Translator(units=256, embedding=256, source=source, target=target, decoder=decoder)
            translator, how = learned(
                start, train, options.seconds, seed, batch=64, learning_rate=options.learning_rate
            )
            told = {
                beam: [each.text for each in translator.translate([pair[0] for pair in test], beam=beam)]
                for beam in (1, options.beam)
            }
            found = [f"{bleu(texts, [pair[1] for pair in test]):.2f}" for texts in told.values()]
            print(f"{name} seed {seed}: BLEU {found[0]} greedily, {found[1]} with a beam of {options.beam}; ", end="")
            print(", ".join(f"{key} {value:.0f}" for key, value in how.items()), flush=True)
            hypotheses[name, seed] = told[options.beam]
            _keep(translator, options, f"{options.of}-{options.to}-{name}-{seed}")
    print("\nBLEU by the words of the source")
    right = [pair[1] for pair in test]
    for (name, seed), texts in hypotheses.items():
        found = bleu_by_length(texts, right, lengths)
        cells = [f"{row.lower}-{row.upper}: {row.bleu:.1f} (of {row.sentences})" for row in found]
        print(f"{name} seed {seed}:  " + "   ".join(cells))
    print(bleu_signature())


def columns(titles, rows):
    """Print rows under their titles."""
    cells = [list(map(str, row)) for row in (titles, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)), flush=True)


def _keep(translator, options, name):
    if options.output:
        write_network(translator, options.output / f"{name}.npz", provenance="benchmarks/translation.py", float16=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("dates", "corpus"))
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--of", default="de")
    parser.add_argument("--to", default="en")
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--forms", nargs="+", choices=tuple(FORMS), default=tuple(FORMS))
    parser.add_argument("--units", type=int, default=96)
    parser.add_argument("--pieces", type=int, default=4000)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if options.what == "corpus" and options.folder is None:
        parser.error("expected the folder of the corpus")
    {"dates": dates, "corpus": corpus}[options.what](options)


if __name__ == "__main__":
    main()
