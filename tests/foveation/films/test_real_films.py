"""Films as other tools write them: sound that goes on, late starts, edit lists, slides, pixels that are not square."""

import struct
import sys
from fractions import Fraction

import cv2
import numpy as np
import pytest

from foveation import Frame, VideoWriter, read_video
from foveation.films.containers import breaks_off, track_end
from foveation.films.video import BrokenVideoError

av = pytest.importorskip("av", reason="the films are written with PyAV")

CODECS = {"mp4": ("libx264", "aac"), "mov": ("libx264", "aac"), "mkv": ("libx264", "aac"),
          "webm": ("libvpx-vp9", "libopus"), "avi": ("mpeg4", "mp3"), "wmv": ("wmv2", "wmav2")}  # fmt: skip
TELL_TIME = ["mp4", "mov", "mkv", "webm"]  # of these the first frame may be late
RATE = 30
EVEN = np.arange(RATE) / RATE


@pytest.fixture(params=["with PyAV", "without PyAV"])
def reader(request, monkeypatch):
    """Let `read_video` find PyAV, and not; the tests write with it in any case."""
    if request.param == "without PyAV":
        monkeypatch.setitem(sys.modules, "av", None)
    return request.param


def write(path, times=EVEN, *, sound=0.0, aspect=None, shape=(90, 160), noise=False):
    """Write grey frames that become brighter (or noise), and so many seconds of a tone."""
    picture_codec, sound_codec = CODECS[path.suffix[1:]]
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(picture_codec, rate=RATE)
        pictures.height, pictures.width, pictures.pix_fmt = *shape, "yuv420p"
        pictures.codec_context.gop_size = 10
        if picture_codec in ("libx264", "libvpx-vp9"):
            pictures.codec_context.time_base = Fraction(1, 1000)
        if aspect:
            pictures.codec_context.sample_aspect_ratio = aspect
        base = Fraction(1, 1000) if picture_codec in ("libx264", "libvpx-vp9") else Fraction(1, RATE)
        tone = container.add_stream(sound_codec, rate=48000) if sound else None
        if tone:
            tone.bit_rate, tone.layout = 64_000, "mono"
        for number, time in enumerate(times):
            image = np.full((*shape, 3), 20 + 5 * (number % 40), np.uint8)
            if noise:
                image = rng.integers(0, 256, image.shape, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(time / base), base
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode())
        if tone:
            container.mux(packet for packet in tones(tone, sound))
    return path


def tones(stream, seconds):
    """Give the packets of a tone."""
    count = round(48000 * seconds)
    wave = (0.1 * np.sin(np.arange(count) * 0.06)).astype(np.float32)
    resampler = av.AudioResampler(stream.codec_context.format, stream.codec_context.layout, 48000)
    step = stream.codec_context.frame_size or 1152
    for start in range(0, count, step):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + step], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        for each in resampler.resample(frame):
            yield from stream.encode(each)
    yield from stream.encode(None)


def patched(path, box, place, numbers):
    """Write numbers of 4 bytes into the first box of this name of an MP4, so many bytes after its name."""
    content = bytearray(path.read_bytes())
    start = content.index(box) + 4 + place
    content[start : start + 4 * len(numbers)] = struct.pack(f">{len(numbers)}i", *numbers)
    path.write_bytes(content)
    return path


def read(path):
    """Give the times of the frames that can be read, and what ended them early."""
    times = []
    try:
        for frame in read_video(path):
            times.append(frame.time)
    except BrokenVideoError as error:
        assert error.frames == len(times)
        return times, error
    return times, None


@pytest.mark.parametrize("ending", CODECS)
def test_sound_that_goes_on_after_the_pictures_is_no_damage(tmp_path, ending, reader):
    path = write(tmp_path / f"a.{ending}", sound=2.0)
    times, problem = read(path)
    assert problem is None
    assert len(times) == RATE
    assert not breaks_off(path)


@pytest.mark.parametrize("sound", [0.0, 5.0])
@pytest.mark.parametrize("ending", TELL_TIME)
def test_a_film_whose_first_frame_is_late_counts_from_the_zero_of_the_file(tmp_path, ending, sound, reader):
    if reader == "without PyAV" and not hasattr(cv2, "CAP_PROP_PTS"):
        pytest.skip("this OpenCV does not tell when the first frame appears")
    video = read_video(write(tmp_path / f"a.{ending}", EVEN + 2, sound=sound))
    frames = list(video)
    assert len(frames) == RATE
    assert frames[0].time == pytest.approx(2, abs=0.03)  # opus and aac begin before 0
    assert np.diff([frame.time for frame in frames]) == pytest.approx(1 / RATE, abs=2e-3)
    assert video.times() == pytest.approx([frame.time for frame in frames])
    assert video.start == frames[0].time


@pytest.mark.parametrize("ending", TELL_TIME)
def test_a_slide_that_is_held_keeps_its_time(tmp_path, ending, reader):
    written = tmp_path / f"a.{'webm' if ending == 'webm' else 'mp4'}"
    slides = np.full((3, 90, 160, 3), [[[[40]]], [[[120]]], [[[200]]]], np.uint8)
    with VideoWriter(written, (90, 160), fps=10) as film:
        for time, slide in zip((0.0, 1.0, 3.0), slides, strict=True):
            film.write(Frame(time, slide))
        film.hold(10.0)
    video = read_video(written if reader == "with PyAV" else film.path)
    assert video.end == pytest.approx(10, abs=0.05)
    times, problem = read(film.path)
    assert problem is None
    assert (times == pytest.approx([0, 1, 3])) if reader == "with PyAV" else (len(times) == 100)


@pytest.mark.skipif(
    tuple(map(int, cv2.__version__.split(".")[:2])) < (4, 13), reason="this OpenCV takes all films for BT.601"
)
@pytest.mark.parametrize("matrix", [1, 6, 9])  # BT.709, BT.601, BT.2020
def test_the_matrix_that_a_film_states_is_heeded(tmp_path, matrix):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=RATE)
        pictures.height, pictures.width, pictures.pix_fmt = 720, 64, "yuv420p"
        pictures.codec_context.colorspace, pictures.codec_context.color_range = matrix, 1
        frame = av.VideoFrame.from_ndarray(np.full((720, 64, 3), (0, 200, 0), np.uint8), format="rgb24")
        converted = frame.reformat(format="yuv420p", dst_colorspace={1: 1, 6: 5, 9: 9}[matrix], dst_color_range=1)
        container.mux(pictures.encode(converted))
        container.mux(pictures.encode())
    assert next(iter(read_video(path))).image[50, 30] == pytest.approx([0, 200, 0], abs=6)


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_what_an_edit_list_hides_is_no_damage(tmp_path, ending, reader):
    path = write(tmp_path / f"a.{ending}", np.arange(90) / RATE, sound=3.0)
    patched(path, b"elst", 8, [1500])  # of 3 s
    patched(path, b"tkhd", 20, [1500])
    times, problem = read(path)
    assert problem is None
    assert 44 <= len(times) <= 46
    assert track_end(path) == 1.5
    assert read_video(path).end == 1.5


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "avi"])
@pytest.mark.parametrize(("aspect", "shown"), [((64, 45), (192, 341)), ((8, 9), (216, 240)), ((1, 1), (192, 240))])
def test_pixels_that_are_not_square_are_stretched_to_what_a_player_shows(tmp_path, ending, aspect, shown, reader):
    video = read_video(write(tmp_path / f"a.{ending}", EVEN[:3], aspect=Fraction(*aspect), shape=(192, 240)))
    assert video.shape == shown
    assert {frame.image.shape for frame in video} == {(*video.shape, 3)}


def test_pixels_are_stretched_before_a_film_is_turned(tmp_path, reader):
    path = write(tmp_path / "a.mp4", EVEN[:3], aspect=Fraction(64, 45), shape=(192, 240))
    patched(path, b"tkhd", 40, [0, 1 << 16, 0, -(1 << 16), 0, 0, 192 << 16, 0, 1 << 30])  # a quarter turn
    video = read_video(path)
    assert video.shape == (341, 192)
    assert next(iter(video)).image.shape == (341, 192, 3)


@pytest.mark.parametrize("sound", [0.0, 4.0])
@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "avi"])
def test_a_film_that_is_cut_off_is_damaged(tmp_path, ending, sound, reader):
    whole = write(tmp_path / f"whole.{ending}", np.arange(60) / RATE, sound=sound, noise=True).read_bytes()
    if ending in ("mp4", "mov"):
        whole = fast_start(tmp_path, ending)
    cut = tmp_path / f"cut.{ending}"
    cut.write_bytes(whole[: len(whole) // 2])
    assert breaks_off(cut)
    times, problem = read(cut)
    assert 0 < len(times) < 60
    assert isinstance(problem, BrokenVideoError)
    assert str(cut) in str(problem)


def fast_start(folder, ending):
    """Give the bytes of a film of 60 frames of noise whose index stands before its pictures."""
    rng = np.random.default_rng(0)
    with VideoWriter(folder / "fast.mp4", (90, 160), fps=RATE) as film:
        if film.path.suffix == ".webm":
            pytest.skip("without PyAV no film has its index first")
        for k in range(60):
            film.write(Frame(k / RATE, rng.integers(0, 256, (90, 160, 3), np.uint8)))
    return (folder / "fast.mp4").read_bytes()


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "avi"])
def test_a_film_that_is_overwritten_is_damaged(tmp_path, ending, reader):
    path = tmp_path / f"a.{ending}"
    whole = write(path, np.arange(60) / RATE, noise=True).read_bytes() if ending != "mp4" else fast_start(tmp_path, "")
    path.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    times, problem = read(path)
    assert 0 < len(times) < 60
    assert isinstance(problem, BrokenVideoError)


def test_what_is_no_container_breaks_off_nowhere(tmp_path):
    (tmp_path / "a.mpg").write_bytes(b"\0\0\1\xba" + bytes(100))
    (tmp_path / "empty.mp4").write_bytes(b"")
    for name in ("a.mpg", "empty.mp4"):
        assert not breaks_off(tmp_path / name)
        assert track_end(tmp_path / name) is None


def page(flags, content):
    """A page of an Ogg file."""
    return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, len(content)]) + content


@pytest.mark.parametrize(
    ("tail", "is_cut"),
    [(page(4, b"end"), False), (page(0, b"more"), True), (page(4, b"end")[:-1], True), (bytes(40), True)],
)
def test_an_ogg_file_ends_with_the_last_page_of_a_stream(tmp_path, tail, is_cut):
    path = tmp_path / "a.ogv"
    path.write_bytes(page(2, b"first") + page(0, b"second") + tail)
    assert breaks_off(path) is is_cut


def test_a_riff_chunk_of_odd_length_is_padded(tmp_path):
    chunks = b"LIST" + struct.pack("<I", 16) + b"movi" + b"00dc" + struct.pack("<I", 3) + b"abc\0"
    path = tmp_path / "a.avi"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"AVI " + chunks)
    assert not breaks_off(path)
    path.write_bytes(path.read_bytes()[:-3])
    assert breaks_off(path)
