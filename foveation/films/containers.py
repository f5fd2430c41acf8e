"""What the container of a film says of itself: whether its file breaks off, and when its picture track ends.

Counting pictures does not tell either: a container counts those that an edit list hides, and the time of sound that
goes on after the pictures. It also states the length of each of its parts, and those have to be there.
"""

from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import BinaryIO, NamedTuple

BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # with which an MP4 or QuickTime file begins
EBML, SEGMENT, CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"  # Matroska, WebM
ASF = b"\x30\x26\xb2\x75"  # Windows Media
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
LONGEST_PAGE = 65_307  # bytes of an Ogg page
HEAD = 65_536  # bytes in which the properties of an ASF file stand


class _Part(NamedTuple):
    """One part of a container: its name, and where its content begins and ends in the file."""

    name: bytes
    start: int
    end: int


_Header = Callable[[BinaryIO, int, int], _Part | None]


def breaks_off(path: Path) -> bool:
    """Whether the file ends, or is overwritten, where its container has more to come.

    Knows MP4, QuickTime, Matroska, WebM, AVI, Ogg and ASF; other formats, such as MPEG program streams, can end
    anywhere.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head[4:] in BOXES:
            return not _is_whole(file, _box, frozenset(), 0, size)
        if head.startswith(EBML):
            return not _is_whole(file, _element, {SEGMENT, CLUSTER}, 0, size)
        if head.startswith(b"RIFF"):
            return not _is_whole(file, _chunk, {b"RIFF", b"LIST"}, 0, size)
        if head.startswith(b"OggS"):
            return not _ends_with_last_page(file, size)
        return head.startswith(ASF) and _stated_asf_size(file) > size


def track_end(path: Path) -> float | None:
    """When the picture track of an MP4 or QuickTime file ends, after its edits, in seconds; None if it is not told."""
    with path.open("rb") as file:
        if file.read(8)[4:] not in BOXES:
            return None
        top = _Part(b"", 0, path.stat().st_size)
        for movie in _boxes(file, top, b"moov"):
            rates = [_number(file, box, 12, 20, wide=False) for box in _boxes(file, movie, b"mvhd")]
            for track in _boxes(file, movie, b"trak"):
                ends = [_number(file, box, 20, 28, wide=True) for box in _boxes(file, track, b"tkhd")]
                if _is_of_pictures(file, track) and rates and rates[0] and ends and ends[0]:
                    return ends[0] / rates[0]
    return None


# Parts that follow each other, and stand in each other


def _is_whole(file: BinaryIO, header: _Header, nests: Set[bytes], start: int, end: int) -> bool:
    """Whether sound parts fill the file between two places."""
    while start < end:
        part = header(file, start, end)
        if part is None or part.end > end:
            return False
        if part.name in nests and not _is_whole(file, header, nests, part.start, part.end):
            return False
        start = part.end
    return True


def _read(file: BinaryIO, start: int, count: int) -> bytes:
    file.seek(start)
    return file.read(count)


def _box(file: BinaryIO, start: int, end: int) -> _Part | None:
    """Read the header of an MP4 box: a size of 4 bytes, 8 if that is 1, up to the end if it is 0."""
    head = _read(file, start, 16)
    size, content = int.from_bytes(head[:4], "big"), start + 8
    if size == 1:
        size, content = int.from_bytes(head[8:16], "big"), start + 16
    elif size == 0 and head[4:8].strip(b"\0"):
        size = end - start
    return _Part(head[4:8], content, start + size) if start + size >= content else None


def _element(file: BinaryIO, start: int, end: int) -> _Part | None:
    """Read the header of an EBML element: a name and a size of which the leading zeros tell the lengths."""
    head = _read(file, start, 12)
    name = 9 - head[0].bit_length() if head else 9
    if name > 4 or len(head) <= name or not head[name]:
        return None
    length = 9 - head[name].bit_length()
    size = int.from_bytes(head[name : name + length], "big") & ((1 << 7 * length) - 1)
    content = start + name + length
    unknown = size == (1 << 7 * length) - 1  # of a stream: it holds all that follows
    return _Part(head[:name], content, end if unknown else content + size)


def _chunk(file: BinaryIO, start: int, end: int) -> _Part | None:
    """Read the header of a RIFF chunk: a name, a size, and a second name if other chunks stand in it."""
    head = _read(file, start, 8)
    if len(head) < 8 or not head[:4].isascii() or not head[:4].strip(b"\0"):
        return None
    size, content = int.from_bytes(head[4:], "little"), start + 8
    stop = content + size
    padded = min(stop + size % 2, end) if stop <= end else stop
    return _Part(head[:4], content + 4 if head[:4] in (b"RIFF", b"LIST") else content, padded)


def _boxes(file: BinaryIO, within: _Part, name: bytes) -> Iterator[_Part]:
    """Give the boxes of this name that stand in another."""
    start = within.start
    while start < within.end:
        part = _box(file, start, within.end)
        if part is None:
            return
        if part.name == name:
            yield part
        start = part.end


def _number(file: BinaryIO, box: _Part, first: int, second: int, *, wide: bool) -> int:
    """Read a number whose place, and whose size if it is wide, depends on the version of the box."""
    content = _read(file, box.start, 40)
    place = second if content[:1] == b"\1" else first
    number = content[place : place + (8 if wide and place == second else 4)]
    return 0 if number == b"\xff" * len(number) else int.from_bytes(number, "big")


def _is_of_pictures(file: BinaryIO, track: _Part) -> bool:
    handlers = (box for media in _boxes(file, track, b"mdia") for box in _boxes(file, media, b"hdlr"))
    return any(_read(file, box.start + 8, 4) == b"vide" for box in handlers)


# Formats that state it elsewhere


def _ends_with_last_page(file: BinaryIO, size: int) -> bool:
    """Whether an Ogg file ends with a page that says of a stream that it is over."""
    start = max(0, size - LONGEST_PAGE)
    tail = _read(file, start, LONGEST_PAGE)
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or not page.startswith(b"OggS"):
        return False
    lengths = page[27 : 27 + page[26]]
    return bool(page[5] & 4) and len(page) == 27 + page[26] + sum(lengths)


def _stated_asf_size(file: BinaryIO) -> int:
    head = _read(file, 0, HEAD)
    place = head.find(ASF_PROPERTIES)
    return int.from_bytes(head[place + 40 : place + 48], "little") if place >= 0 else 0
