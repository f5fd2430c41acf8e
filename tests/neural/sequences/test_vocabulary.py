"""Vocabularies: sentences become numbers and sentences again, and what is not known is shown as unknown."""

import base64
import io
import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural.sequences.vocabulary import END, PADDING, START, UNKNOWN, VOCABULARIES, Characters, Subwords, Words

SENTENCES = (
    "A man (about 40) walks his dog.",
    "Two men don't walk; they run, with two big dogs!",
    'A woman in a red t-shirt says "hello" to 3.5 men.',
    "On 1983-05-03 at 10:30 a dog ran and/or slept.",
    "Ein Straßenkünstler fährt „schnell“ auf einem hohen Einrad.",
)
LOWERED = tuple(sentence.lower() for sentence in SENTENCES)
NAMES = tuple(VOCABULARIES)
WORD = st.sampled_from(["a", "dog", "don't", "t-shirt", "Straße", "3", "3.5", "1,000", "1983"])
MARK = st.sampled_from(list(".,;:!?()[]\"'-/&%$#„“”\u2018\u2019«»…"))


@pytest.fixture(scope="module")
def vocabularies():
    pytest.importorskip("sentencepiece")
    return {
        "characters": Characters.learn(LOWERED),
        "words": Words.learn(SENTENCES, least=1),
        "subwords": Subwords.learn(SENTENCES, size=80),
    }


# What all vocabularies have in common


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sentence", LOWERED)
def test_a_known_sentence_comes_back_as_it_was(vocabularies, name, sentence):
    vocabulary = vocabularies[name]
    assert vocabulary.decode(vocabulary.encode(sentence)) == sentence


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_has_a_number_for_each_piece_and_none_for_its_ends(vocabularies, name):
    vocabulary = vocabularies[name]
    for sentence in LOWERED:
        numbers, pieces = vocabulary.encode(sentence), vocabulary.pieces(sentence)
        assert numbers.dtype == np.int32
        assert [vocabulary.piece(number) for number in numbers] == pieces
        assert numbers.min() > UNKNOWN and numbers.max() < len(vocabulary)
        assert vocabulary.join(pieces) == sentence


@pytest.mark.parametrize("name", NAMES)
def test_each_number_is_another_piece(vocabularies, name):
    vocabulary = vocabularies[name]
    pieces = [vocabulary.piece(number) for number in range(len(vocabulary))]
    assert pieces[: UNKNOWN + 1] == ["", "", "", "<unknown>"]
    assert len(set(pieces[UNKNOWN:])) == len(vocabulary) - UNKNOWN


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_ends_at_its_end_and_padding_is_not_read(vocabularies, name):
    vocabulary = vocabularies[name]
    numbers = vocabulary.encode("a dog ran").tolist()
    framed = [START, PADDING, *numbers, END, *numbers, PADDING]
    assert vocabulary.decode(framed) == "a dog ran"
    assert vocabulary.decode(np.array(framed, np.int32)) == "a dog ran"
    assert vocabulary.decode([]) == "" == vocabulary.decode([END, *numbers])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unknown_is_shown_as_unknown_but_its_piece_is_kept(vocabularies, name):
    vocabulary = vocabularies[name]
    numbers, pieces = vocabulary.encode("a λ dog").tolist(), vocabulary.pieces("a λ dog")
    assert numbers.count(UNKNOWN) == 1
    assert pieces[numbers.index(UNKNOWN)].strip("▁") == "λ"
    assert vocabulary.decode(numbers) == "a <unknown> dog"
    assert vocabulary.join(pieces) == "a λ dog"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_sentences_give_the_same_vocabulary(vocabularies, name):
    changed = {"characters": {}, "words": {"least": 1}, "subwords": {"size": 80}}[name]
    sentences = LOWERED if name == "characters" else SENTENCES
    again = VOCABULARIES[name].learn(iter(sentences), **changed)
    assert again == vocabularies[name] and hash(again) == hash(vocabularies[name])
    fewer = VOCABULARIES[name].learn(sentences[:3], **changed | ({"size": 50} if name == "subwords" else {}))
    assert fewer != again


@pytest.mark.parametrize("name", NAMES)
def test_a_vocabulary_that_was_used_can_be_sent_to_another_process(vocabularies, name):
    vocabulary = vocabularies[name]
    numbers = vocabulary.encode("a dog")
    again = pickle.loads(pickle.dumps(vocabulary))
    assert again == vocabulary and again.encode("a dog").tolist() == numbers.tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("empty", ["", " ", "\n\t"])
def test_an_empty_sentence_is_refused(vocabularies, name, empty):
    with pytest.raises(ValueError, match="expected a sentence, got an empty one"):
        vocabularies[name].encode(empty)
    with pytest.raises(ValueError, match="sentence 2 is empty"):
        VOCABULARIES[name].learn(["a", empty])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_sentence_is_refused(vocabularies, name):
    with pytest.raises(TypeError, match="expected a sentence as a str, got int"):
        vocabularies[name].encode(3)
    with pytest.raises(TypeError, match="got int as sentence 2"):
        VOCABULARIES[name].learn(["a", 3])
    with pytest.raises(TypeError, match="expected a list of sentences, got one str"):
        VOCABULARIES[name].learn("a dog")
    with pytest.raises(ValueError, match="got none"):
        VOCABULARIES[name].learn([])


@pytest.mark.parametrize("name", NAMES)
def test_a_number_of_another_vocabulary_is_refused(vocabularies, name):
    count = len(vocabularies[name])
    for number in (count, -1):
        with pytest.raises(ValueError, match=f"from 0 to {count - 1}, as this vocabulary has, got {number}"):
            vocabularies[name].decode([number])


# Characters


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4))
def test_characters_bring_back_any_sentence_that_they_were_learned_from(sentences):
    vocabulary = Characters.learn(sentences)
    assert [vocabulary.decode(vocabulary.encode(each)) for each in sentences] == sentences
    assert len(vocabulary) == 4 + len(set("".join(sentences)))


def test_characters_are_numbered_in_the_order_of_their_code():
    assert Characters.learn(["cab", "ä b"]).tokens == (" ", "a", "b", "c", "ä")
    assert Characters(("b", "a")).encode("ab").tolist() == [5, 4]


# Words


def test_words_are_letters_and_digits_and_marks_stand_alone():
    pieces = Words(("a",), lower=False).pieces
    assert pieces("A man's dog, (3rd) isn't it?") == [
        *("A", "man's", "dog", ",", "(", "3rd", ")", "isn't", "it", "?"),
    ]
    assert pieces("'dogs' t-shirt 12-14 3.5 1,000, end.") == [
        *("'", "dogs", "'", "t-shirt", "12", "-", "14", "3.5", "1,000", ",", "end", "."),
    ]
    assert pieces("1983-05-03 3/5/83 …") == ["1983", "-", "05", "-", "03", "3", "/", "5", "/", "83", "…"]


def test_capitals_are_read_as_small_letters_unless_they_are_kept():
    assert Words.learn(["A dog", "a Dog"], least=1).tokens == ("a", "dog")
    kept = Words.learn(["A dog", "a Dog"], least=1, lower=False)
    assert kept.tokens == ("A", "Dog", "a", "dog")
    assert kept.decode(kept.encode("A dog")) == "A dog"


def test_the_most_frequent_words_come_first_and_rare_ones_are_left_out():
    sentences = ["b b b a a c", "b a d d"]
    assert Words.learn(sentences, least=1).tokens == ("b", "a", "d", "c")
    assert Words.learn(sentences).tokens == ("b", "a", "d")
    assert Words.learn(sentences, least=3).tokens == ("b", "a")
    assert Words.learn(sentences, most=1).tokens == ("b",)
    with pytest.raises(ValueError, match="a word that is there at least 5 times, but there is none"):
        Words.learn(sentences, least=5)
    with pytest.raises(ValueError, match="expected most of at least 1, got 0"):
        Words.learn(sentences, most=0)


@pytest.mark.parametrize(
    "sentence",
    [
        'he says "stop", "go" and "wait (here)".',
        "„ja“, sagt er; “yes”, she says.",
        "on 1983-05-03 at 10:30, 3/5 of $5 (50%)!",
        "a man - tall - and/or a dog…",
        "it's 3.5 or 1,000: #19 won.",
    ],
)
def test_words_are_put_together_with_the_usual_blanks(sentence):
    vocabulary = Words.learn([sentence], least=1)
    assert vocabulary.decode(vocabulary.encode(sentence)) == sentence


@settings(deadline=None, max_examples=200)
@given(st.lists(WORD | MARK, min_size=1, max_size=12))
def test_words_that_are_put_together_are_cut_at_the_same_places_again(tokens):
    vocabulary = Words(("a",), lower=False)
    sentence = vocabulary.join(vocabulary.pieces(" ".join(tokens)))
    assert vocabulary.pieces(sentence) == vocabulary.pieces(" ".join(tokens))
    assert sentence == sentence.strip() and "  " not in sentence


# Subwords


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([*"abcdefgh.", "dog", "walks", "two"]), min_size=1, max_size=20))
def test_subwords_bring_back_any_words_of_known_characters(words):
    pytest.importorskip("sentencepiece")
    vocabulary = Subwords.learn(["two dogs walk. a cab fades", "g h e"], size=60)
    assert vocabulary.decode(vocabulary.encode(" ".join(words))) == " ".join(words)


def test_a_frequent_word_is_one_piece_and_a_rare_one_is_several():
    pytest.importorskip("sentencepiece")
    rng = np.random.default_rng(1)
    sentences = [" ".join(rng.choice(["the", "dog", "walks", "home", "slowly"], 4)) for _ in range(200)]
    vocabulary = Subwords.learn([*sentences, "a god gets the hot egg"], size=40)
    assert vocabulary.pieces("dog") == ["▁dog"]
    assert len(vocabulary.pieces("egg")) > 1
    assert vocabulary.decode(vocabulary.encode("the toe")) == "the toe"


def test_subwords_leave_one_blank_between_words_and_read_capitals_as_small_letters(vocabularies):
    vocabulary = vocabularies["subwords"]
    assert vocabulary.decode(vocabulary.encode("  A dog\t\nran\u00a0and▁slept ")) == "a dog ran and slept"
    kept = Subwords.learn(SENTENCES, size=80, lower=False)
    assert kept.decode(kept.encode("A dog")) == "A dog"
    with pytest.raises(ValueError, match="got an empty one"):
        vocabulary.encode("▁")


def test_there_are_no_more_subwords_than_asked_for(vocabularies):
    assert len(vocabularies["subwords"]) <= 80
    assert 60 < len(Subwords.learn(SENTENCES, size=4000)) < 4000


def test_too_few_subwords_for_the_characters_are_refused(capfd):
    pytest.importorskip("sentencepiece")
    with pytest.raises(
        ValueError, match="expected a size of at least 15, for the characters of these sentences, got 14"
    ):
        Subwords.learn(["abcde fghij"], size=14)
    assert len(Subwords.learn(["abcde fghij"], size=15)) == 15
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("model", ["no base64!", base64.b64encode(b"no model").decode()])
def test_what_is_no_model_of_sentencepiece_is_refused(model):
    pytest.importorskip("sentencepiece")
    with pytest.raises(ValueError, match="expected a model of sentencepiece in base64"):
        Subwords(model).encode("a dog")


def test_a_model_with_other_numbers_for_the_four_signs_is_refused():
    sentencepiece = pytest.importorskip("sentencepiece")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=model, vocab_size=60, hard_vocab_limit=False, minloglevel=3
    )
    with pytest.raises(ValueError, match="are 0, 1, 2 and 3, got -1, 1, 2, 0"):
        Subwords(base64.b64encode(model.getvalue()).decode()).encode("a dog")


def test_without_sentencepiece_only_subwords_are_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(ImportError, match=r'subwords need sentencepiece \(pip install "foveal\[translation\]"\)'):
        Subwords.learn(SENTENCES)
    assert Words.learn(SENTENCES).encode("a dog").tolist() != [UNKNOWN, UNKNOWN]


# Tokens from elsewhere, such as a file


@pytest.mark.parametrize(
    ("kind", "tokens", "problem"),
    [
        (Characters, ("a", "b", "a"), "each token once, got 'a' 2 times"),
        (Characters, ("a", "bc"), "single characters, got 'bc'"),
        (Characters, (), "at least one token"),
        (Words, ("dog", "dog"), "each token once, got 'dog' 2 times"),
        (Words, ("dog", ""), "tokens that are not empty"),
    ],
)
def test_tokens_that_are_no_vocabulary_are_refused(kind, tokens, problem):
    with pytest.raises(ValueError, match=problem):
        kind(tokens)
