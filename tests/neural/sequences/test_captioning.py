"""A captioner learns to say what is there, looks at grids that fit the picture, and refuses what it cannot see."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from foveation import Viewing
from neural.sequences.captioning import CELL, DOUBT, Caption, Captioner, pointing_game
from neural.sequences.decoder import Decoder
from neural.sequences.scenes import CaptionedScenes, rendered_scenes
from neural.sequences.teacher_forcing import teacher_forcing_loss
from neural.sequences.vocabulary import Words
from saliency.learning.autodiff import value_and_grad

SIZE = 24
SCENES = rendered_scenes(96, 0, objects=(1, 2), size=SIZE)
SMALL = Captioner(size=SIZE, channels=(6, 8, 12), gist=5, decoder=Decoder(size=16, embedding=8, form="bahdanau"))
VARIANTS = {
    "soft": SMALL,
    "all at once": replace(SMALL, decoder=Decoder(size=16, embedding=8, form="luong", doubly_stochastic=0.1)),
    "hard": replace(SMALL, decoder=Decoder(size=16, embedding=8, form="bahdanau", normalise="sample")),
    "none": SMALL.control,
}
VIEWING = Viewing.from_pixels_per_degree(10, (SIZE, SIZE))


@cache
def learned(name):
    return VARIANTS[name].fit(SCENES.images, SCENES.captions, rng=0, epochs=3, batch=32)


@pytest.fixture(params=VARIANTS)
def name(request):
    return request.param


def test_attention_is_a_share_of_the_grid_at_each_word(name):
    captions = learned(name).caption(SCENES.images[:10])
    for caption in captions:
        assert caption.weights.shape == (len(caption.words), SIZE // CELL, SIZE // CELL)
        sums = caption.weights.sum(axis=(1, 2))
        assert np.allclose(sums, 0 if name == "none" else 1, atol=1e-5)
        if name == "hard":
            assert set(np.unique(caption.weights)) == {0.0, 1.0}
        words = [word for word in caption.words if word]
        assert learned(name).vocabulary.join(words) == caption.text


def test_a_picture_is_described_alike_alone_and_among_others(name):
    together = learned(name).caption(SCENES.images[:5], beam=2)
    for image, among in zip(SCENES.images, together, strict=False):
        (alone,) = learned(name).caption(image[np.newaxis], beam=2)
        assert alone.text == among.text
        assert np.allclose(alone.weights, among.weights, atol=1e-4)
        assert alone.log_prob == pytest.approx(among.log_prob, abs=1e-3)


def test_bytes_and_floats_of_a_picture_are_the_same_picture():
    captioner = learned("soft")
    whole = captioner.encode(captioner.weights, SCENES.images[:4])
    shares = captioner.encode(captioner.weights, SCENES.images[:4].astype(np.float32) / 255)
    assert np.allclose(whole.values, shares.values, atol=1e-4)


def test_pixels_are_counted_from_the_light_of_the_pictures_learned_from():
    pixels = learned("soft")._standardised(SCENES.images)
    assert pixels.dtype == np.float32
    assert pixels.mean() == pytest.approx(0, abs=1e-3)
    assert pixels.std() == pytest.approx(1, abs=1e-3)


def test_the_gradients_of_the_loss_are_those_of_differences(name):
    """In double precision, along a random direction through all weights at once; no choice is drawn in between."""
    if name == "hard":
        pytest.skip("a drawn choice has no gradient")
    captioner, rng = learned(name), np.random.default_rng(0)
    weights = {key: value.astype(np.float64) for key, value in captioner.weights.items()}
    along = {key: rng.normal(size=value.shape) for key, value in weights.items()}
    sentences = [captioner.vocabulary.encode(caption) for caption in SCENES.captions[:3]]

    def loss(parameters):
        source = captioner.encode(parameters, SCENES.images[:3])
        return teacher_forcing_loss(captioner.decoder, parameters, source, sentences, np.random.default_rng(0))[0]

    _, gradients = value_and_grad(loss, weights)
    step = 1e-6
    ahead, behind = (
        loss({key: value + sign * step * along[key] for key, value in weights.items()}) for sign in (1, -1)
    )
    assert sum((gradients[key] * along[key]).sum() for key in weights) == pytest.approx(
        (ahead - behind) / (2 * step), rel=1e-3
    )


def test_all_weights_learn_in_single_precision(name):
    before, after = VARIANTS[name].prepared(SCENES.images, SCENES.captions).initial(0).weights, learned(name).weights
    assert set(before) == set(after)
    for key, value in after.items():
        assert value.dtype == np.float32
        assert not np.array_equal(value, before[key]), key


def test_it_learns_to_name_colours():
    """Large discs of three colours: in some seconds of learning it says what colour each has."""
    tints = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
    rng = np.random.default_rng(0)
    images = rng.integers(0, 40, (120, SIZE, SIZE, 3), np.uint8)
    names = [list(tints)[each] for each in rng.integers(3, size=120)]
    for image, colour, (x, y) in zip(images, names, rng.integers(0, 14, (120, 2)), strict=True):
        image[y : y + 10, x : x + 10] = tints[colour]
    sentences = [f"a {colour} disc" for colour in names]
    learned = SMALL.fit(images[:90], sentences[:90], rng=1, epochs=40, batch=30, learning_rate=1e-2)
    told = [caption.text for caption in learned.caption(images[90:])]
    assert np.mean([text == sentence for text, sentence in zip(told, sentences[90:], strict=True)]) >= 0.9


def test_a_hard_choice_is_learned_softly_at_first():
    rng = np.random.default_rng(0)
    for done in (0.0, 0.3, 1.0):
        kinds = [VARIANTS["hard"]._teller(done, rng).normalise for _ in range(400)]
        assert kinds.count("sample") / 400 == pytest.approx(done, abs=0.08)
        assert set(kinds) <= {"sample", "softmax"}
    assert VARIANTS["soft"]._teller(0.0, rng) == VARIANTS["soft"].decoder


def test_a_training_that_was_stopped_goes_on_bit_for_bit(name):
    kept = []
    arguments = {"rng": 3, "epochs": 2, "batch": 48}
    whole = VARIANTS[name].fit(SCENES.images, SCENES.captions, watch=kept.append, **arguments)
    resumed = VARIANTS[name].fit(SCENES.images, SCENES.captions, resume=kept[0], **arguments)
    assert all(np.array_equal(resumed.weights[key], whole.weights[key]) for key in whole.weights)


def corner(image):
    """A saliency model that knows one place."""
    bright = np.zeros(image.shape[:2], np.float32)
    bright[-1, 0] = 1
    return bright


def test_the_prior_draws_attention_to_where_it_is():
    plain = learned("soft")
    drawn = replace(plain, prior=corner)
    share = [
        np.mean([caption.weights[:, -1, 0].mean() for caption in each.align(SCENES.images, SCENES.captions)])
        for each in (plain, drawn)
    ]
    assert share[1] > 3 * share[0]


def test_the_prior_is_the_logarithm_of_a_share_and_an_even_one_changes_nothing():
    doubtful = replace(SMALL, prior=corner)._biases(SCENES.images[:2])
    assert doubtful.shape == (2, 9)
    assert np.allclose(doubtful[:, 6], np.log(9 * (1 - DOUBT) + DOUBT))
    assert np.allclose(np.delete(doubtful, 6, axis=1), np.log(DOUBT))
    for level in (0.0, 0.3):
        even = replace(SMALL, prior=lambda image, level=level: np.full(image.shape[:2], level))
        assert np.allclose(even._biases(SCENES.images[:2]), 0, atol=1e-6)


def test_sentences_that_are_given_are_looked_up_word_by_word():
    """Given what it told itself, it looks where it looked then."""
    captioner = learned("soft")
    told = [each for each in captioner.caption(SCENES.images) if each.text]
    images = SCENES.images[[bool(each.text) for each in captioner.caption(SCENES.images)]]
    aligned = captioner.align(images, [caption.text for caption in told])
    for one, other in zip(told, aligned, strict=True):
        assert one.words == other.words
        assert np.allclose(one.weights, other.weights, atol=1e-4)
        assert one.log_prob == pytest.approx(other.log_prob, abs=1e-3)


def test_hard_choices_are_a_scanpath_over_the_middles_of_cells():
    (caption,) = learned("hard").caption(SCENES.images[:1])
    path = caption.scanpath(VIEWING, word_s=0.5, stimulus="scene.png")
    assert len(path) == len(caption.words)
    rows, columns = np.divmod(caption.weights.reshape(len(path), -1).argmax(axis=1), SIZE // CELL)
    assert np.array_equal(path.places, np.stack([columns * 8 + 3.5, rows * 8 + 3.5], axis=1))
    assert path.onset.tolist() == (0.5 * np.arange(len(path))).tolist()
    assert np.array_equal(path.score, np.ones(len(path)))
    assert (path.stimulus, path.viewing.screen_px) == ("scene.png", (SIZE, SIZE))


def test_without_attention_there_is_no_scanpath():
    (caption,) = learned("none").caption(SCENES.images[:1])
    with pytest.raises(ValueError, match="a network that attends, got one without attention"):
        caption.scanpath(VIEWING)


def told(weights, words=5):
    return Caption("", [""] * words, np.asarray(weights, np.float32), 0.0)


def test_the_pointing_game_counts_the_words_that_name_an_object_and_only_these():
    boxes, words = np.array([[0.0, 0.0, 7.0, 7.0], [8.0, 8.0, 15.0, 15.0]]), np.array([-1, 0, 0, -1, 1])
    scenes = CaptionedScenes(np.zeros((1, 16, 16, 3), np.uint8), ["a red dot, dot"], [boxes], [words])
    first, second = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    assert pointing_game([told([second, first, first, first, second])], scenes) == 1
    assert pointing_game([told([second, first, second, first, first])], scenes) == pytest.approx(1 / 3)
    assert pointing_game([told([first, first], 2)], scenes) == pytest.approx(1 / 3)  # the rest was never told
    with pytest.raises(ValueError, match="a caption for each of the 1 scenes, got 2"):
        pointing_game([told([first]), told([first])], scenes)


def test_a_picture_of_another_size_is_refused_and_can_be_brought_to_the_right_one():
    wide = np.zeros((30, 60, 3), np.uint8)
    wide[:, 30:] = 255
    captioner = learned("soft")
    with pytest.raises(ValueError, match=r"pictures \(n, 24, 24, 3\), got shape \(1, 30, 60, 3\); `resized`"):
        captioner.caption(wide[np.newaxis])
    fitted = captioner.resized(wide)
    assert fitted.shape == (SIZE, SIZE, 3)
    assert (fitted[:, :12] == 0).all()
    assert (fitted[:, 12:] == 1).all()
    assert len(captioner.caption(fitted[np.newaxis])) == 1
    assert captioner.resized(np.zeros((7, 5))).shape == (SIZE, SIZE, 3)


def test_what_it_cannot_learn_from_is_refused():
    images, captions = SCENES.images[:2], SCENES.captions[:2]
    for pictures, sentences, message in (
        (images, captions[:1], "a sentence for each of the 2 pictures, got 1"),
        (images, [captions[0], " "], "picture 2 is empty"),
        (images[:, :16], captions, r"got shape \(2, 16, 24, 3\)"),
        (images[..., 0], captions, r"got shape \(2, 24, 24\)"),
    ):
        with pytest.raises(ValueError, match=message):
            learned("soft").fit(pictures, sentences, rng=0, epochs=1)
    with pytest.raises(ValueError, match="call `fit` first"):
        SMALL.caption(images)
    with pytest.raises(ValueError, match="with a vocabulary"):
        SMALL.initial(0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": 60}, "a multiple of 8, up to 1024 pixels, got 60"),
        ({"size": 0}, "a multiple of 8, up to 1024 pixels, got 0"),
        ({"channels": (8, 8)}, r"at least 3 layers .* got \(8, 8\)"),
        ({"gist": 0}, "a gist of at least 1, got 0"),
        ({"light": (0.5, 0.0)}, "a positive standard deviation"),
    ],
)
def test_networks_that_cannot_be_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changed)


def test_an_unknown_word_is_learned_as_unknown():
    captioner, images = replace(SMALL, vocabulary=Words(("a", "red", "circle"))), SCENES.images[:4]

    def taught(last):
        return captioner.fit(images, ["a red circle"] * 2 + [last] * 2, rng=0, epochs=20, learning_rate=3e-2)

    mauve, teal, red, nothing = (taught(f"a{word} circle") for word in (" mauve", " teal", " red", ""))
    assert len(mauve.weights["words"]) == len(captioner.vocabulary)
    assert all(np.array_equal(mauve.weights[name], weight) for name, weight in teal.weights.items())
    told = [each.align(images[:1], ["a navy circle"])[0].log_prob for each in (mauve, red, nothing)]
    assert told[0] > max(told[1:]) + 1


def test_the_vocabulary_of_another_captioner_is_refused():
    other = replace(learned("soft"), vocabulary=Words(("a", "b")))
    with pytest.raises(ValueError, match="the vocabulary is that of another network: it has 6 words, and this one"):
        other.caption(SCENES.images[:1])
    with pytest.raises(ValueError, match="the vocabulary is that of another network"):
        other.align(SCENES.images[:1], ["a b"])


def test_a_picture_too_large_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="a multiple of 8, up to 1024 pixels, got 1032"):
        Captioner(size=1032)


def test_a_little_beside_the_box_counts_within_the_tolerance():
    scenes = CaptionedScenes(SCENES.images[:1], ["a b"], [np.array([[9.0, 9.0, 12.0, 12.0]])], [np.array([-1, 0])])
    weights = np.zeros((2, 3, 3), np.float32)
    weights[:, 0, 0] = 1  # the middle of the cell is at 3.5, 3.5
    caption = Caption("a b", ["a", "b"], weights, 0.0)
    hits = [pointing_game([caption], scenes, tolerance_px=reach) for reach in (0, 5.4, 5.5)]
    assert hits == [0.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="a tolerance from 0 px up, got -1"):
        pointing_game([caption], scenes, tolerance_px=-1)
