"""Films in and out, with their own times."""

import os
import sys

import cv2
import numpy as np
import pytest

from foveation import Frame, VideoWriter, read_video, write_video
from foveation.films.video import BrokenVideoError, grid_rate

UNEVEN = np.cumsum([0, 0.02, 0.1, 0.04, 0.06, 0.02, 0.08, 0.1, 0.04, 0.02] * 4)


def film(times, shape=(48, 64)):
    """Frames that carry their number as a grey level."""
    for number, time in enumerate(times):
        yield Frame(float(time), np.full((*shape, 3), 20 + 5 * number, np.uint8))


@pytest.fixture
def without_av(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)


def test_every_frame_keeps_its_time(tmp_path):
    path = write_video(tmp_path / "a.mp4", film(UNEVEN))
    back = list(read_video(path))
    assert path.suffix == ".mp4"
    assert [frame.time for frame in back] == pytest.approx(UNEVEN, abs=1e-3)
    assert [frame.image.mean() for frame in back] == pytest.approx([20 + 5 * k for k in range(len(UNEVEN))], abs=3)


def test_without_pyav_the_film_is_vp8_on_an_even_grid(tmp_path, without_av):
    path = write_video(tmp_path / "a.mp4", film(UNEVEN), fps=grid_rate(UNEVEN))
    assert path == tmp_path / "a.webm"
    assert path.read_bytes()[:4] == b"\x1aE\xdf\xa3"  # Matroska, of which WebM is a kind
    back = list(read_video(path))
    shown = np.searchsorted([frame.time for frame in back], UNEVEN + 1e-4, side="right") - 1
    assert [back[k].image.mean() for k in shown] == pytest.approx([20 + 5 * k for k in range(len(UNEVEN))], abs=4.5)


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_odd_sizes_are_made_even(tmp_path, ending):
    path = write_video(tmp_path / f"a{ending}", film([0, 0.04, 0.08], shape=(47, 63)))
    video = read_video(path)
    assert video.shape == (48, 64)
    for number, frame in enumerate(video):
        assert np.abs(frame.image - (20.0 + 5 * number)).max() < 5  # nothing dark in the new row and column


def test_a_colour_survives(tmp_path):
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 0] = 200
    path = write_video(tmp_path / "a.mp4", [Frame(0.04 * k, red) for k in range(5)])
    assert next(iter(read_video(path))).image.reshape(-1, 3).mean(axis=0) == pytest.approx([200, 0, 0], abs=12)


def test_a_film_can_be_read_twice(tmp_path):
    video = read_video(write_video(tmp_path / "a.mp4", film(UNEVEN[:6])))
    assert len(list(video)) == len(list(video)) == 6
    assert video.times() == pytest.approx(UNEVEN[:6], abs=1e-3)


def test_an_interrupted_film_is_kept_and_plays(tmp_path):
    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / "a.mp4", (48, 64), fps=25) as writer:
        for number, frame in enumerate(film(UNEVEN)):
            if number == 7:
                raise KeyboardInterrupt
            writer.write(frame)
    assert len(list(read_video(tmp_path / "a.mp4"))) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_film_that_fails_or_never_begins_leaves_nothing(tmp_path, error):
    with pytest.raises(error), VideoWriter(tmp_path / "a.mp4", (48, 64), fps=25) as writer:
        if error is ValueError:
            writer.write(Frame(0.0, np.zeros((48, 64, 3), np.uint8)))
        raise error
    assert not list(tmp_path.iterdir())


def test_a_film_without_frames_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there are no frames"):
        write_video(tmp_path / "a.mp4", [])
    with pytest.raises(ValueError, match="there are no frames"), VideoWriter(tmp_path / "a.mp4", (48, 64), fps=25):
        pass
    assert not list(tmp_path.iterdir())


def test_a_frame_of_another_size_is_refused(tmp_path):
    frames = [Frame(0.0, np.zeros((48, 64, 3), np.uint8)), Frame(0.1, np.zeros((40, 64, 3), np.uint8))]
    with pytest.raises(ValueError, match="expected frames of 64 x 48 pixels, got 64 x 40 at"):
        write_video(tmp_path / "a.mp4", frames)
    assert not list(tmp_path.iterdir())


def test_a_damaged_film_gives_what_it_has_and_says_how_much(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 48, 64, 3), np.uint8)
    path = write_video(tmp_path / "a.mp4", [Frame(0.04 * k, image) for k, image in enumerate(noise)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    frames = []
    with pytest.raises(BrokenVideoError, match=r"is damaged: \d+ of 60 frames could be read") as caught:
        frames.extend(iter(read_video(path)))
        for frame in read_video(path):
            frames.append(frame)
    got = []
    try:
        for frame in read_video(path):
            got.append(frame)
    except BrokenVideoError as error:
        assert error.frames == len(got) == caught.value.frames
    assert 10 < len(got) < 50


def test_what_is_no_film_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("not a film")
    with pytest.raises(ValueError, match="not a video that can be read"):
        read_video(tmp_path / "text.mp4")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_video(tmp_path / "missing.mp4")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_video(tmp_path)


def test_opencv_is_what_reads(tmp_path):
    path = write_video(tmp_path / "a.mp4", film([0, 0.04]))
    capture = cv2.VideoCapture(str(path))
    assert capture.isOpened()
    capture.release()


def gif_frames(path):
    """The pictures of a GIF, and how long each is shown, in hundredths of a second."""
    from PIL import Image

    with Image.open(path) as gif:
        for k in range(gif.n_frames):
            gif.seek(k)
            yield np.asarray(gif.convert("RGB")), gif.info["duration"] // 10


@pytest.mark.parametrize("fps", [10, 24, 25, 30, 50])
def test_a_gif_keeps_its_times_to_a_hundredth_and_does_not_drift(tmp_path, fps):
    times = np.arange(60) / fps
    path = write_video(
        tmp_path / "a.gif",
        (Frame(t, np.full((20, 30, 3), 90 * (k % 2), np.uint8)) for k, t in enumerate(times)),
        fps=fps,
    )
    steps = [step for _, step in gif_frames(path)]
    assert len(steps) == 60
    assert np.cumsum([0, *steps[:-1]]) == pytest.approx(100 * times, abs=0.5)
    assert sum(steps) == pytest.approx(100 * 60 / fps, abs=1)


def test_frames_that_are_alike_become_one_and_the_time_stays(tmp_path):
    same = np.zeros((20, 30, 3), np.uint8)
    frames = [*(Frame(0.04 * k, same) for k in range(5)), Frame(0.2, same + 255), Frame(0.5, same)]
    assert [step for _, step in gif_frames(write_video(tmp_path / "a.gif", frames, fps=25))] == [20, 30, 4]


def test_a_gif_repeats_for_ever_and_needs_no_even_sides(tmp_path, without_av):
    from PIL import Image

    path = write_video(tmp_path / "a.gif", film([0, 0.04], shape=(47, 63)))
    assert path == tmp_path / "a.gif"
    with Image.open(path) as gif:
        assert gif.info["loop"] == 0
        assert gif.size == (63, 47)
    assert [frame.time for frame in read_video(path)] == pytest.approx([0, 0.04])


def test_colours_of_a_gif_are_near_and_what_rests_does_not_flicker(tmp_path):
    y, x = np.mgrid[:60, :80]
    still = np.stack([3 * x, 4 * y, 255 - 3 * x], axis=-1).astype(np.uint8)
    frames = []
    for k in range(6):
        picture = still.copy()
        picture[25:35, 10 * k : 10 * k + 10] = (213, 94, 0) if k % 2 else (255, 255, 255)
        frames.append(Frame(0.04 * k, picture))
    back = [image.astype(int) for image, _ in gif_frames(write_video(tmp_path / "a.gif", frames))]
    assert all(np.array_equal(image[:25], back[0][:25]) for image in back)
    for frame, image in zip(frames, back, strict=True):
        assert np.abs(image - frame.image).mean() < 6
    assert back[0][30, 5] == pytest.approx([255, 255, 255], abs=2)
    assert back[1][30, 15] == pytest.approx([213, 94, 0], abs=12)


def test_a_gif_of_one_frame_is_a_picture(tmp_path):
    [(image, step)] = gif_frames(write_video(tmp_path / "a.gif", film([0]), fps=20))
    assert step == 5
    assert np.abs(image.astype(int) - 20).max() <= 4


def test_a_gif_faster_than_browsers_show_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"at least 0.02 s apart \(50 a second\)"):
        write_video(tmp_path / "a.gif", film([0, 0.01, 0.02]))
    with pytest.raises(ValueError, match=r"expected a name that ends in .mp4, .webm or .gif"):
        write_video(tmp_path / "a.avi", film([0, 0.04]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
@pytest.mark.parametrize("lines", [48, 720])
def test_a_film_carries_all_four_tags_of_its_colours(tmp_path, ending, lines):
    av = pytest.importorskip("av", reason="tags are read with PyAV")
    path = write_video(tmp_path / f"a{ending}", film([0, 0.04], shape=(lines, 64)))
    with av.open(str(path)) as container:
        told = container.streams.video[0].codec_context
        assert (told.colorspace, told.color_range, told.color_primaries, told.color_trc) == (6, 1, 1, 13)


@pytest.mark.parametrize(("lines", "codec"), [(48, b"V_VP8"), (720, b"V_VP9")])
def test_without_pyav_the_codec_is_one_whose_colours_browsers_know(tmp_path, without_av, lines, codec, capfd):
    path = write_video(tmp_path / "a.webm", film([0, 0.04], shape=(lines, 64)))
    assert codec in path.read_bytes()[:2000]
    assert capfd.readouterr().err == ""


def some_noise(count):
    rng = np.random.default_rng(0)
    for k in range(count):
        yield Frame(k / 25, rng.integers(0, 256, (200, 300, 3), np.uint8))


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif"])
@pytest.mark.parametrize("writer", ["PyAV", "OpenCV"])
def test_the_same_frames_give_the_same_bytes_on_any_number_of_cores(tmp_path, ending, writer, monkeypatch):
    if writer == "OpenCV":
        monkeypatch.setitem(sys.modules, "av", None)
    once, again = (write_video(tmp_path / f"{name}{ending}", some_noise(20)).read_bytes() for name in "ab")
    assert once == again
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        try:
            assert write_video(tmp_path / f"c{ending}", some_noise(20)).read_bytes() == once
        finally:
            os.sched_setaffinity(0, cores)


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif"])
@pytest.mark.parametrize("start", [0.0, 2.0])
def test_the_last_frame_is_held_until_the_end(tmp_path, ending, start):
    with VideoWriter(tmp_path / f"a{ending}", (48, 64), fps=10) as writer:
        for grey, time in ((50, 0.0), (120, 0.1), (200, 0.5)):
            writer.write(Frame(start + time, np.full((48, 64, 3), grey, np.uint8)))
        writer.hold(start + 7)
    video = read_video(writer.path)
    if ending == ".gif":
        assert sum(step for _, step in gif_frames(writer.path)) == round(100 * (start + 7))
    else:
        assert video.end == pytest.approx(start + 7, abs=0.01)
    assert video.times()[-1] == pytest.approx(start + 0.5, abs=1e-3)


def test_an_mp4_states_the_time_of_its_last_frame_where_browsers_look_for_it(tmp_path):
    av = pytest.importorskip("av", reason="packets are read with PyAV")
    with VideoWriter(tmp_path / "a.mp4", (48, 64), fps=10) as writer:
        for frame in film([0, 1, 3]):
            writer.write(frame)
        writer.hold(8)
    with av.open(str(writer.path)) as container:
        pictures = container.streams.video[0]
        times = [(packet.pts, packet.duration) for packet in container.demux(pictures) if packet.pts is not None]
        assert np.array(times) * float(pictures.time_base) == pytest.approx(np.array([[0, 1], [1, 2], [3, 5]]))
        assert float(pictures.duration * pictures.time_base) == pytest.approx(8)


def test_without_a_word_the_last_frame_is_held_as_long_as_the_rate_says(tmp_path):
    for end in (None, -1.0):
        with VideoWriter(tmp_path / "a.mp4", (48, 64), fps=10) as writer:
            for frame in film([0, 0.1, 0.5]):
                writer.write(frame)
            if end is not None:
                writer.hold(end)
        assert read_video(writer.path).end == pytest.approx(0.6, abs=0.01)


def test_a_frame_may_be_overwritten_once_it_is_written(tmp_path):
    canvas = np.zeros((48, 64, 3), np.uint8)
    with VideoWriter(tmp_path / "a.mp4", (48, 64), fps=10) as writer:
        for k in range(3):
            canvas[:] = 50 + 60 * k
            writer.write(Frame(0.1 * k, canvas))
    assert [frame.image.mean() for frame in read_video(writer.path)] == pytest.approx([50, 110, 170], abs=3)
