"""Why attention: words are to be written backwards, and only a network that looks back can write the long ones.

Two pairs of networks learn for a few seconds from words of 1 to 12 letters drawn by chance. Those without attention get
one vector for the whole word: what does not fit into it is lost (left). The others look back before each letter;
nobody has told them where, and yet they look from the last letter to the first (middle). The slope of what they write
says the same of both kinds: without attention, hardly more of it than by chance is on the letter that is due (right).
"""

import numpy as np

from foveation.figures import page_figure, save_figure
from neural.figures.alignment import draw_alignment
from neural.figures.sequences import draw_by_length, draw_influence
from neural.sequences.decoder import Decoder
from neural.sequences.scores import attention_on_source, exact_match
from neural.sequences.translation import Translator


def backwards(count: int, least: int, most: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Draw words, and write each of them backwards."""
    words = ["".join(rng.choice(list("abcdefghij"), rng.integers(least, most + 1))) for _ in range(count)]
    return [(word, word[::-1]) for word in words]


def exact(network: Translator, pairs: list[tuple[str, str]]) -> float:
    """Give the share of words that are written backwards without a mistake."""
    told = network.translate([word for word, _ in pairs])
    return exact_match([each.text for each in told], [reverse for _, reverse in pairs])


def on_the_right_letter(network: Translator, pairs: list[tuple[str, str]]) -> float:
    """Give the mean share of the gradient that is on the letter which is written."""
    shares = []
    for word, reverse in pairs:
        spans = [(len(word) - 1 - k, len(word) - k, k, k + 1) for k in range(len(word))]
        shares.append(attention_on_source(network.influence(word, reverse), spans).mean())
    return float(np.mean(shares))


rng = np.random.default_rng(0)
learned_from = backwards(2000, 1, 12, rng)
asked = {length: backwards(60, length, length, rng) for length in range(2, 15, 2)}
attends = Translator(units=48, embedding=32, decoder=Decoder(size=48, embedding=32))
networks = {
    name: [network.fit(learned_from, rng=seed, epochs=8, batch=32, learning_rate=6e-3) for seed in (0, 1)]
    for name, network in {"attention": attends, "one vector": attends.control}.items()
}
scores = {name: [[exact(each, asked[k]) for k in asked] for each in some] for name, some in networks.items()}
few = {length: asked[length][:10] for length in (4, 8, 12)}
shares = {name: [[on_the_right_letter(each, few[k]) for k in few] for each in some] for name, some in networks.items()}
shown = networks["attention"][0].align([("abcdefghijab", "bajihgfedcba")])[0]

figure, (left, middle, right) = page_figure(170, 66, columns=3)
draw_by_length(scores, list(asked), unit="letters", measure="share written exactly", learned=(1, 12), ax=left)
draw_alignment(shown.weights, shown.source, shown.target, ax=middle)
middle.tick_params(labelsize=6)
middle.set_xlabel(f"white: weight 0, dark: {shown.weights.max():.2f}", fontsize=7)
draw_influence(shares, list(few), chance=[1 / length for length in few], unit="letters", ax=right)
for ax in (left, right):
    ax.get_legend().remove()
shaded, *_ = left.get_legend_handles_labels()[0]
figure.legend(
    [shaded, *right.get_legend_handles_labels()[0]],
    ["lengths learned from", "chance", *networks],
    loc="outside upper center",
    ncols=4,
    fontsize=6,
    frameon=False,
)
save_figure(figure, "translation_01_why_attention.png")
