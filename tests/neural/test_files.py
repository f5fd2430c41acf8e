"""Networks and unfinished trainings in files: exact, whole or not at all, and refused in one sentence if damaged."""

import dataclasses
import json
import pickle
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import neural.files
from foveation import FoveatedSensor, GlimpseSensor, Viewing
from neural import (
    GRU,
    LSTM,
    CentrePolicy,
    Context,
    GaussianPolicy,
    HybridLoss,
    LossTerms,
    PriorityPolicy,
    Progress,
    RandomPolicy,
    RecurrentAttentionModel,
    ReLUCell,
)
from neural.files import (
    KINDS,
    built,
    described,
    load_pretrained,
    read_network,
    read_provenance,
    write_network,
)
from neural.sequences.captioning import Captioner
from neural.sequences.decoder import Decoder
from neural.sequences.teacher_forcing import SequenceLossTerms
from neural.sequences.translation import Translator
from neural.sequences.vocabulary import Characters, Subwords, Words
from saliency import IttiKoch
from saliency.features.normalisation import DivideByMean, Iterative, LocalMaxima, Unnormalised
from saliency.learning.unfinished import read_progress, write_progress

SENSOR = GlimpseSensor(size=4, scales=2, factor=1.5, padding="edge", units="normalised")
TINY = {"sensor": SENSOR, "glimpses": 2, "classes": 3, "what": 3, "where": 2, "joined": 5}
ITTI = IttiKoch(normalise=Iterative(iterations=2), centres=(2, 3), longer_side=64, colour=0.5)
NETWORKS = {
    "gaussian": RecurrentAttentionModel(**TINY, core=ReLUCell(size=4), policy=GaussianPolicy(spread=0.07)),
    "context": RecurrentAttentionModel(**TINY, core=GRU(size=4), context=Context(size=3, hidden=2)),
    "random": RecurrentAttentionModel(**TINY, core=LSTM(size=3), policy=RandomPolicy()),
    "centre": RecurrentAttentionModel(**TINY, core=ReLUCell(size=4), policy=CentrePolicy()),
    "saliency": RecurrentAttentionModel(**TINY, core=ReLUCell(size=4), policy=PriorityPolicy(guided=False)),
    "priority": RecurrentAttentionModel(
        **TINY, core=GRU(size=4), policy=PriorityPolicy(features=True, tasks=("red", "green"), model=ITTI)
    ),
}
VOCABULARIES = {"Characters": Characters(tuple("abc\u00e9")), "Words": Words(("a", "dog"), lower=False)}
VOCABULARIES["Subwords"] = Subwords("bW9kZWw=")
TRANSLATORS = {
    "luong": Translator(
        units=3,
        embedding=2,
        decoder=Decoder(size=4, embedding=3, score="additive", coverage=0.5),
        source=VOCABULARIES["Characters"],
        target=VOCABULARIES["Words"],
        max_length=20,
    ),
    "bahdanau": Translator(
        units=2,
        embedding=2,
        decoder=Decoder(size=4, embedding=2, form="bahdanau", score="dot", normalise="sample"),
        source=VOCABULARIES["Words"],
        target=VOCABULARIES["Words"],
    ),
    "none": Translator(
        units=2,
        embedding=2,
        decoder=Decoder(size=3, embedding=2, form="none"),
        source=VOCABULARIES["Characters"],
        target=VOCABULARIES["Characters"],
    ),
}
PAIRS = [("a b", "dog a"), ("c", "a"), ("ba c", "a a dog")]
GREY = np.random.default_rng(0).integers(0, 255, (6, 20, 24), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 255, (6, 20, 24, 3), np.uint8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.npz"


@pytest.fixture
def network():
    return NETWORKS["gaussian"].initial(GREY, rng=3)


def header_of(path):
    with np.load(path) as stored:
        return json.loads(str(stored["header"]))


def rewrite(path, *, header=None, **arrays):
    """Change parts of the header, and arrays: None takes one away."""
    with np.load(path) as stored:
        kept = {name: stored[name] for name in stored.files if name != "header"}
    whole = {**header_of(path), **(header or {})}
    kept = {name: values for name, values in {**kept, **arrays}.items() if values is not None}
    with path.open("wb") as file:
        np.savez(file, header=np.array(json.dumps(whole)), **kept)


def refused(path, read=read_network, kind=ValueError):
    """Read a file that must be refused in one sentence; give the sentence."""
    with pytest.raises(kind) as caught:
        read(path)
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_read_is_what_was_written(name, images, path):
    network = NETWORKS[name].initial(images, rng=5)
    write_network(network, path, provenance="learned by heart")
    again = read_network(path)
    assert again == network
    assert list(again.weights) == list(network.weights)
    for key, values in network.weights.items():
        assert again.weights[key].dtype == np.float32
        assert np.array_equal(again.weights[key], values)
    told = np.arange(6) % 2 if name == "priority" else None
    one, other = (each.predict(images, tasks=told) for each in (network, again))
    assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(one, other, strict=True))
    assert read_provenance(path) == "learned by heart"


@settings(deadline=None, max_examples=25)
@given(
    spread=st.floats(1e-3, 10),
    temperature=st.floats(0, 10),
    tasks=st.lists(st.text(max_size=5), min_size=1, max_size=3),
    normalise=st.sampled_from(
        [LocalMaxima(), LocalMaxima(floor_share=0.3), DivideByMean(), Unnormalised(), Iterative()]
    ),
    sizes=st.tuples(*[st.integers(1, 300)] * 4),
)
def test_a_description_in_json_builds_the_same_thing(spread, temperature, tasks, normalise, sizes):
    model = IttiKoch(normalise=normalise, exponent=spread)
    priority = PriorityPolicy(tasks=tuple(tasks), temperature=temperature, model=model)
    for policy in (GaussianPolicy(spread=spread, first="chosen"), priority):
        what, where, joined, units = sizes
        network = RecurrentAttentionModel(policy=policy, core=LSTM(size=units), what=what, where=where, joined=joined)
        assert built(json.loads(json.dumps(described(network)))) == network


def test_every_class_of_the_registry_survives():
    for name, kind in KINDS.items():
        thing = VOCABULARIES[name] if name in VOCABULARIES else kind()
        assert built(json.loads(json.dumps(described(thing)))) == thing


def test_numbers_of_numpy_are_plain_numbers_in_a_file(path):
    network = dataclasses.replace(NETWORKS["gaussian"], policy=GaussianPolicy(spread=np.float64(0.3))).initial(GREY)
    write_network(network, path)
    assert read_network(path).policy == GaussianPolicy(spread=0.3)


def test_half_the_bits_take_half_the_room_and_are_exact_to_three_digits(tmp_path):
    network = RecurrentAttentionModel().initial(np.zeros((1, 28, 28)), rng=1)
    for half in (False, True):
        write_network(network, tmp_path / f"{half}.npz", float16=half)
    small, large = (read_network(tmp_path / f"{half}.npz") for half in (True, False))
    assert small == large
    for name, values in large.weights.items():
        assert small.weights[name].dtype == np.float32
        assert np.allclose(small.weights[name], values, rtol=2**-11, atol=2**-25)
    ratio = (tmp_path / "True.npz").stat().st_size / (tmp_path / "False.npz").stat().st_size
    assert 0.49 < ratio < 0.52
    write_network(small, tmp_path / "again.npz", float16=True)
    assert all(np.array_equal(read_network(tmp_path / "again.npz").weights[n], v) for n, v in small.weights.items())


def test_the_same_network_gives_the_same_bytes(network, tmp_path):
    for name in ("one.npz", "two.npz"):
        write_network(network, tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_network_that_was_read_learns_on(path):
    labels = np.arange(6) % 3
    learned = NETWORKS["gaussian"].fit(GREY, labels, rng=0, epochs=1)
    write_network(learned, path)
    one, other = (each.fit(GREY, labels, rng=1, epochs=1) for each in (learned, read_network(path)))
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


def read_training(path):
    return read_progress(path, LossTerms)


def test_a_network_that_cannot_be_written_leaves_what_was_there(network, path):
    write_network(network, path)
    before = path.read_bytes()
    worse = dataclasses.replace(network, weights={**network.weights, "class bias": np.array([0, np.nan, 1])})
    great = dataclasses.replace(network, weights={**network.weights, "class bias": np.array([0, 7e4, 1])})
    viewing = Viewing.from_pixels_per_degree(10, (20, 24))
    eye = FoveatedSensor(viewing=viewing, units="normalised")
    with pytest.raises(ValueError, match="expected finite weights, got others in 'class bias'"):
        write_network(worse, path)
    with pytest.raises(ValueError, match="at most 65504, the greatest in 16 bits, got others in 'class bias'"):
        write_network(great, path, float16=True)
    with pytest.raises(ValueError, match="expected a network that has weights"):
        write_network(NETWORKS["gaussian"], path)
    with pytest.raises(TypeError, match="cannot hold what is of class FoveatedSensor; expected one of: Recurrent"):
        write_network(dataclasses.replace(network, sensor=eye), path)
    with pytest.raises(ValueError, match=r"expected a name that ends in \.npz"):
        write_network(network, path.with_suffix(".pkl"))
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["network.npz"]


def test_a_class_of_the_same_name_is_not_taken_for_ours():
    @dataclasses.dataclass(frozen=True)
    class GRU:
        size: int = 4

    with pytest.raises(TypeError, match="class GRU"):
        described(GRU())


def test_files_of_another_kind_are_refused(network, path):
    refused(path, kind=FileNotFoundError)
    for content in (b"", b"no network", pickle.dumps({"weights": 1}), b"\x93NUMPY"):
        path.write_bytes(content)
        assert "is no network file, or it is damaged" in refused(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    assert "is no network file" in refused(path)
    readout = files("saliency").joinpath("weights", "readout.npz")
    assert "is no network file" in refused(readout)
    write_progress(Progress(1, 2, LossTerms(*[0.0] * 7), *[network.weights] * 3, {}), path)
    assert refused(path) == f"'{path}' is no network file"
    write_network(network, path)
    assert refused(path, read_training) == f"'{path}' is no unfinished training file"


def test_code_in_a_file_is_not_run(network, path, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    write_network(network, path)
    header = np.array(json.dumps(header_of(path)))
    for name in ("header", "class"):
        arrays = {"header": header, **network.weights, name: np.array([Trap()], dtype=object)}
        with path.open("wb") as file:
            np.savez(file, **arrays)
        assert "is no network file, or it is damaged" in refused(path)
    assert not (tmp_path / "sprung").exists()


def test_another_version_is_named(network, path):
    write_network(network, path)
    rewrite(path, header={"version": 7})
    assert "is a network file of version 7; expected version 1: make it again" in refused(path)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"class": None}, "expected 'class' of shape (4, 3), got none"),
        ({"more": np.zeros(2, np.float32)}, "expected 'more' of shape none, got (2,)"),
        ({"policy mean": np.zeros((4, 2), np.float32)}, "expected 'policy mean' of shape (128, 2), got (4, 2)"),
        ({"what": np.zeros((33, 3), np.float32)}, "expected 'what' of shape (32, 3), got (33, 3)"),
        ({"what": None}, "'what' is missing"),
        ({"class bias": np.array([0, np.nan, 0], np.float32)}, "'class bias' holds what is no number"),
        ({"class bias": np.array([0, np.inf, 0], np.float16)}, "'class bias' holds what is no number"),
        ({"class bias": np.array([1, 2, 3])}, "expected 'class bias' in float16 or float32, got int64"),
    ],
)
def test_arrays_that_are_not_those_of_the_network_are_named(network, path, arrays, sentence):
    write_network(network, path)
    rewrite(path, **arrays)
    said = refused(path)
    assert "is a damaged network file: " in said
    assert sentence in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"core": {"kind": "Transformer", "size": 4}}, "there is no class 'Transformer'; expected one of: Recurrent"),
        ({"core": {"size": 4}}, "there is no class 'None'"),
        ({"core": {"kind": "GRU"}}, "expected the fields of GRU: size; missing or unknown: size"),
        ({"core": {"kind": "GRU", "size": 4, "bias": 1}}, "missing or unknown: bias"),
        ({"core": {"kind": "GRU", "size": 4}}, "expected 'drive' of shape (5, 12), got (5, 4)"),
        ({"core": {"kind": "Context", "size": 4, "hidden": 2}}, "'Context' object has no attribute"),
        ({"glimpses": 0}, "expected glimpses from 1 up, got 0"),
        ({"glimpses": None}, "expected glimpses from 1 up, got None"),
        ({"weights": 3}, "missing or unknown: weights"),
        ({"sensor": {**described(SENSOR), "units": "pixels"}}, "takes normalised locations, got units 'pixels'"),
        ({"policy": {**described(GaussianPolicy()), "spread": -1}}, "expected a positive spread, got -1"),
    ],
)
def test_an_architecture_that_cannot_be_built_is_refused(network, path, change, sentence):
    write_network(network, path)
    rewrite(path, header={"architecture": {**header_of(path)["architecture"], **change}})
    said = refused(path)
    assert "is a damaged network file: " in said
    assert sentence in said


@pytest.mark.parametrize("header", [[1], "x", None, {}, {"format": "foveal network", "version": 1}])
def test_a_header_without_a_network_is_refused(network, path, header):
    with path.open("wb") as file:
        np.savez(file, header=np.array(json.dumps(header)), **network.weights)
    refused(path)


def test_a_file_that_describes_something_else_than_a_network_is_refused(network, path):
    write_network(network, path)
    rewrite(path, header={"architecture": described(GRU())})
    assert "expected a RecurrentAttentionModel, got GRU" in refused(path)


@settings(deadline=None, max_examples=60)
@example(share=0.9994633380502711, flip=8)  # the table of contents begins before the file
@given(share=st.floats(0, 1), flip=st.integers(0, 255))
def test_a_truncated_file_is_refused_and_a_changed_byte_never_changes_a_weight(share, flip, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "network.npz"
    network = NETWORKS["gaussian"].initial(GREY, rng=3)
    write_network(network, path)
    whole = path.read_bytes()
    at = min(int(share * len(whole)), len(whole) - 1)
    path.write_bytes(whole[:at])
    assert "is no network file, or it is damaged" in refused(path)
    path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
    try:
        again = read_network(path)
    except ValueError as error:
        assert flip != 0
        assert str(path) in str(error)
    else:
        assert again == network
        assert all(np.array_equal(again.weights[name], values) for name, values in network.weights.items())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("stop", [1, 3, 4])
def test_a_training_that_was_kept_goes_on_bit_for_bit(name, stop, tmp_path):
    class Stopped(Exception):
        pass

    part = tmp_path / "network.npz.part"
    labels, tasks = np.arange(6) % 3, np.arange(6) % 2
    how = {
        "rng": 7, "epochs": 4, "batch": 4, "weight_decay": 0.01, "loss": HybridLoss(entropy=0.01),
        "tasks": tasks if name == "priority" else None,
    }  # fmt: skip
    unbroken, resumed = [], []
    whole = NETWORKS[name].fit(COLOUR, labels, watch=unbroken.append, **how)

    def watch(now):
        write_progress(now, part, notes={"rows": [list(now.loss_terms)]})
        if now.epoch == stop:
            raise Stopped

    with pytest.raises(Stopped):
        NETWORKS[name].fit(COLOUR, labels, watch=watch, **how)
    kept, notes = read_progress(part, LossTerms)
    assert kept[:3] == unbroken[stop - 1][:3]
    assert isinstance(kept.loss_terms, LossTerms)
    assert notes == {"rows": [list(kept.loss_terms)]}
    again = NETWORKS[name].fit(COLOUR, labels, resume=kept, watch=resumed.append, **how)
    assert set(again.weights) == set(whole.weights)
    for key, values in whole.weights.items():
        assert np.array_equal(again.weights[key], values)
    assert [each.loss_terms for each in resumed] == [each.loss_terms for each in unbroken[stop:]]
    for one, other in zip(unbroken[stop:], resumed, strict=True):
        assert one.rng_state == other.rng_state
        for state in ("weights", "first_moments", "second_moments"):
            mine, theirs = getattr(one, state), getattr(other, state)
            assert all(np.array_equal(mine[key], theirs[key]) for key in mine)


def test_a_damaged_training_is_refused(network, tmp_path):
    part = tmp_path / "network.npz.part"
    refused(part, read_training, FileNotFoundError)
    chance = dict(np.random.default_rng(0).bit_generator.state)
    write_progress(Progress(1, 2, LossTerms(*[0.5] * 7), *[network.weights] * 3, chance), part)
    assert read_progress(part, LossTerms)[1] == {}
    for change, arrays in (
        ({"loss_terms": [1.0]}, {}),
        ({"rng_state": None}, {}),
        ({"notes": 3}, {}),
        ({"epoch": "a"}, {}),
        ({}, {"first_moments/class": None}),
        ({}, {"second_moments/class": np.zeros(3, np.float32)}),
        ({}, {"more/class": np.zeros(3, np.float32)}),
    ):
        whole = part.read_bytes()
        rewrite(part, header=change, **arrays)
        assert "is a damaged unfinished training file: " in refused(part, read_training)
        part.write_bytes(whole)
    rewrite(part, header={"version": 0})
    assert "of version 0; expected version 1" in refused(part, read_training)
    part.write_bytes(whole[: len(whole) // 2])
    assert "is no unfinished training file, or it is damaged" in refused(part, read_training)


def test_what_ships_is_read_by_its_task_and_named_where_another_is_asked_for(network, tmp_path, monkeypatch):
    monkeypatch.setattr(neural.files, "files", lambda package: tmp_path / package)
    with pytest.raises(ValueError, match="no network ships for 'digits'; there are: none"):
        load_pretrained("digits")
    (tmp_path / "neural" / "weights").mkdir(parents=True)
    for task in ("search", "digits"):
        write_network(network, tmp_path / "neural" / "weights" / f"{task}.npz", float16=True)
    assert load_pretrained("digits") == network
    for other in ("cluttered", "../weights/digits", ""):
        with pytest.raises(ValueError, match=f"no network ships for '{other}'; there are: digits, search"):
            load_pretrained(other)


def test_every_network_that_ships_can_be_read_and_is_small():
    for path in (files("neural").joinpath("weights")).glob("*.npz"):
        kind = {"dates": Translator, "scenes": Captioner}.get(path.stem, RecurrentAttentionModel)
        assert load_pretrained(path.stem, kind).weights
        assert read_provenance(path).startswith("Learned by: foveal ")
        assert path.stat().st_size <= 2e6


# Translators


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_translator_that_is_read_says_what_the_one_that_was_written_says(name, path):
    translator = TRANSLATORS[name].fit(PAIRS, rng=3, epochs=2)
    write_network(translator, path, provenance="three pairs")
    again = read_network(path, Translator)
    assert again == translator
    assert (again.source, again.target) == (translator.source, translator.target)
    assert type(again.source) is type(translator.source)
    assert list(again.weights) == list(translator.weights)
    for key, values in translator.weights.items():
        assert again.weights[key].dtype == np.float32
        assert again.weights[key].shape == values.shape
        assert np.array_equal(again.weights[key], values)
    one, other = (each.translate("a dog c") for each in (translator, again))
    assert one[:3] == other[:3] and one.log_prob == other.log_prob
    assert np.array_equal(one.weights, other.weights)
    assert read_provenance(path) == "three pairs"


def test_a_network_of_another_class_is_refused(network, path):
    translator = TRANSLATORS["luong"].initial(0)
    write_network(translator, path)
    assert "expected a RecurrentAttentionModel, got Translator" in refused(path)
    assert "expected a Captioner, got Translator" in refused(path, lambda path: read_network(path, Captioner))
    write_network(network, path)
    said = refused(path, lambda path: read_network(path, Translator))
    assert "expected a Translator, got RecurrentAttentionModel" in said
    write_progress(Progress(1, 2, SequenceLossTerms(*[0.0] * 5), *[translator.weights] * 3, {}), path)
    assert refused(path, lambda path: read_network(path, Translator)) == f"'{path}' is no network file"


@pytest.mark.parametrize("half", [False, True])
def test_a_translator_given_another_vocabulary_is_refused_when_it_translates(half, path):
    write_network(TRANSLATORS["luong"].initial(0), path, float16=half)
    again = read_network(path, Translator)
    again.translate("abc")
    for side, count in (("source", 8), ("target", 6)):
        other = dataclasses.replace(again, **{side: Characters(tuple("xyzuvw"))})
        with pytest.raises(ValueError, match=f"the {side} vocabulary is that of another network: it has 10 .* {count}"):
            other.translate("xyz")


@pytest.mark.parametrize(
    ("header", "arrays", "sentence"),
    [
        ({"source": described(Characters(tuple("ab")))}, {}, "expected 'source words' of shape (6, 2), got (8, 2)"),
        ({"source": None}, {}, "expected a translator with vocabularies"),
        ({"target": {"kind": "Words", "tokens": ["a", "a"], "lower": True}}, {}, "expected each token once, got 'a'"),
        ({"decoder": {"kind": "Decoder"}}, {}, "expected the fields of Decoder: "),
        ({"decoder": {**described(TRANSLATORS["luong"].decoder), "form": "x"}}, {}, "no form of attention 'x'"),
        ({"units": 0}, {}, "expected a number of units of at least 1, got 0"),
        ({}, {"coverage": None}, "expected 'coverage' of shape (), got none"),
        ({}, {"coverage": np.array(np.nan, np.float32)}, "'coverage' holds what is no number"),
        ({}, {"words": np.zeros((7, 3), np.float32)}, "expected 'words' of shape (6, 3), got (7, 3)"),
    ],
)
def test_a_damaged_translator_is_refused(header, arrays, sentence, path):
    write_network(TRANSLATORS["luong"].initial(0), path)
    rewrite(path, header={"architecture": {**header_of(path)["architecture"], **header}}, **arrays)
    assert sentence in refused(path, lambda path: read_network(path, Translator))


@pytest.mark.parametrize("name", TRANSLATORS)
def test_the_training_of_a_translator_that_was_kept_goes_on_bit_for_bit(name, tmp_path):
    part, how = tmp_path / "translator.npz.part", {"rng": 1, "epochs": 3, "batch": 2}
    whole = TRANSLATORS[name].fit(PAIRS, **how, watch=lambda now: now.epoch == 2 and write_progress(now, part))
    kept, _ = read_progress(part, SequenceLossTerms)
    assert isinstance(kept.loss_terms, SequenceLossTerms)
    again = TRANSLATORS[name].fit(PAIRS, **how, resume=kept)
    assert all(np.array_equal(again.weights[key], values) for key, values in whole.weights.items())
    assert "is a damaged unfinished training file" in refused(part, read_training)  # it has the parts of another loss
