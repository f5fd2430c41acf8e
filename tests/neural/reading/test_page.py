"""A page of text: what is laid out is found again, and what is no page is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveation import sample_pixels
from foveation.files import read_text
from foveation.opencv import cv2
from neural.reading.page import Page, Word

TEXT = (
    "The eye sees a page whole, and reads it word by word. Of what is\n"
    "farther away than some letters little is known; still we believe\n"
    "that all of it is there at once, because we can look anywhere.\n"
    "Short words are often passed over, and long ones looked at twice."
)
WORD = st.text("abdefghkmnopqrstuvwxz", min_size=1, max_size=14)


def agreement(found, truth, tolerance):
    """Share of words whose line, edges to the left and right, and number of letters are found."""
    right = 0
    for word in truth.words:
        near = [w for w in found.words if w.line == word.line and w.letters == word.letters]
        right += any(abs(w.left - word.left) < tolerance and abs(w.right - word.right) < tolerance for w in near)
    return right / len(truth.words)


def test_what_is_laid_out_is_found_again():
    truth = Page.of_text(TEXT)[0]
    found = Page.find(truth.image)
    assert len(found.words) == len(truth.words) == 51
    assert agreement(found, truth, 6) == 1
    assert found.letter_px == pytest.approx(truth.letter_px, rel=0.1)
    assert found.line_px == pytest.approx(truth.line_px, rel=0.05)


@settings(deadline=None, max_examples=15)
@given(lines=st.lists(st.lists(WORD, min_size=4, max_size=8), min_size=2, max_size=5))
def test_any_words_are_found_again_or_nearly_so(lines):
    truth = Page.of_text("\n".join(" ".join(line) for line in lines), columns=200)[0]
    assert agreement(Page.find(truth.image), truth, 8) >= 0.9


@pytest.mark.parametrize("change", ["dark", "margins", "shadow", "noise", "lean", "colour", "large"])
def test_margins_shadows_noise_and_a_lean_do_not_matter(change):
    truth = Page.of_text(TEXT)[0]
    image = np.repeat(truth.image[:, :, None], 3, axis=2)
    height, width = truth.shape
    dx = 0
    if change == "dark":
        image = 255 - image
    elif change == "margins":
        image, dx = np.pad(image, ((300, 40), (250, 10), (0, 0)), constant_values=255), 250
    elif change == "shadow":
        image = (image * np.linspace(0.35, 1, width)[:, None]).astype(np.uint8)
    elif change == "noise":
        image = np.clip(image + np.random.default_rng(0).normal(0, 12, image.shape), 0, 255).astype(np.uint8)
    elif change == "lean":
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 0.7, 1)
        image = cv2.warpAffine(image, turn, (width, height), borderValue=(255, 255, 255))
    elif change == "colour":
        image = np.where(image < 128, (20, 40, 120), (250, 240, 200)).astype(np.uint8)
    else:
        image = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    found = Page.find(image)
    assert len(found.line_y) == 4
    assert [w.letters for w in found.words] == [w.letters for w in truth.words]
    if change not in ("lean", "large"):
        assert max(abs(f.left - dx - t.left) for f, t in zip(found.words, truth.words, strict=True)) < 6


def test_a_photograph_of_a_book_page_is_found():
    from skimage.data import page

    found = Page.find(page())
    heading = [word for word in found.words if word.line == 0]
    assert [word.letters for word in heading] == pytest.approx([12, 12], abs=1)  # "Region-based segmentation"
    assert len(found.line_y) >= 6
    assert [word.letters for word in found.words if word.line == 1] == pytest.approx(
        [3, 2, 5, 9, 7, 2, 3, 5, 3, 3], abs=1
    )  # "Let us first determine markers of the coins and the"


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "even", "noise", "disc"])
def test_a_picture_without_text_is_refused(name):
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    disc = cv2.circle(np.full((200, 300), 255, np.uint8), (150, 100), 60, 0, -1)
    pictures = {"even": np.full((40, 60), 0.5), "noise": noise, "disc": disc}
    with pytest.raises(ValueError, match=r"^found no text in the picture: expected a page with dark letters"):
        Page.find(pictures[name] if name in pictures else sample_pixels(name))


def test_boxes_of_laid_out_text_are_exact():
    page = Page.of_text("ab cde\n\n  f", letter_px=10, spacing=2)[0]
    assert [word.text for word in page.words] == ["ab", "cde", "f"]
    assert page.letters.tolist() == [2, 3, 1]
    assert page.line.tolist() == [0, 0, 1]
    assert page.boxes[:, 0].tolist() == [49.5, 79.5, 69.5]
    assert (page.boxes[:, 2] - page.boxes[:, 0]).tolist() == [20, 30, 10]
    assert page.letter_px == 10
    outside = np.ones(page.shape, bool)
    for left, top, right, bottom in np.rint(page.boxes).astype(int):
        inside = page.image[top : bottom + 4, left:right]
        assert inside.min() < 100  # there is ink in each box
        outside[top : bottom + 4, left - 1 : right + 1] = False
    assert page.image[outside].min() == 255  # and none elsewhere


def test_long_text_goes_to_several_pages_and_long_words_are_broken():
    pages = Page.of_text("x" * 50 + "\n" + "word " * 100, columns=20, lines=10)
    assert [len(page.line_y) for page in pages] == [10, 10, 8]
    assert pages[0].letters[:4].tolist() == [20, 20, 10, 4]
    assert sum(len(page.words) for page in pages) == 103
    assert max(word.letters for page in pages for word in page.words) == 20


def test_words_are_taken_with_the_space_before_them():
    page = Page.of_text("one three\nsix")[0]
    one, three, _ = page.words
    edges = [one.left - 90, one.right - 1, one.right + 1, three.left - 1, three.left + 1, three.right + 99]
    assert page.word_at(edges, [0] * 6).tolist() == [0, 0, 1, 1, 1, 1]
    assert page.word_at(three.left, 1) == 2
    assert page.letter_at([three.left, three.right, three.left - 12], [1, 1, 1]).tolist() == [0, 5, -1]


def test_what_text_holds_is_read_in_its_encoding(tmp_path):
    file = tmp_path / "note.txt"
    file.write_bytes("città è".encode("latin-1"))
    assert read_text(file, encoding="latin-1") == "città è"
    with pytest.raises(ValueError, match=r"note.txt' is not text in the encoding utf-8 \(byte 4\)"):
        read_text(file)
    with pytest.raises(ValueError, match=r"there is no encoding 'klingon': expected a name such as utf-8"):
        read_text(file, encoding="klingon")
    file.write_bytes(b"\xef\xbb\xbfmark")
    assert read_text(file) == "mark"
    file.write_text(" \n\t")
    with pytest.raises(ValueError, match=r"note.txt' is empty"):
        read_text(file)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_text(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": " \n "}, "at least one word, got an empty one"),
        ({"columns": 0}, "columns from 1 to 500, got 0"),
        ({"lines": 0}, "lines from 1 to inf, got 0"),
        ({"letter_px": 2}, "letter_px from 3 to inf, got 2"),
        ({"spacing": 0.5}, "spacing from 1 to inf, got 0.5"),
    ],
)
def test_text_that_cannot_be_laid_out_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Page.of_text(**{"text": "word", **change})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "at least one word, got none"),
        ([Word(0, 0, 0, 5, 0, 1)], "a box with an inside"),
        ([Word(0, 0, 5, 5, 0, 0)], "at least one letter"),
        ([Word(0, 0, 5, 5, 1, 1)], "numbered from 0 without gaps"),
        ([Word(0, 0, 5, 5, 0, 1), Word(0, 9, 5, 14, 2, 1)], "numbered from 0 without gaps"),
        ([Word(9, 0, 15, 5, 0, 1), Word(0, 0, 5, 5, 0, 1)], "from left to right"),
    ],
)
def test_words_that_make_no_page_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        Page(words=words, image=np.zeros((20, 20), np.uint8))
