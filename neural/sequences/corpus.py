"""Sentences and their translations: from files, or generated in a small language of dates and numbers."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import numpy as np

from foveation.checks import check_number
from foveation.files import reading, unpacked

GZIP = b"\x1f\x8b"
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = ("{day} {month} {year}", "{month} {day} {year}", "{month} {day}, {year}", "{day} of {month} {year}")
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}  # all others are "th"
SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
FIGURES = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}  # of a date such as 1983-05-03
SEPARATOR = " & "
FIRST, LAST = date(1900, 1, 1).toordinal(), date(2099, 12, 31).toordinal()
WEEKDAY_SHARE = 0.25  # of dates, that name their weekday: a date is then 15 characters long on average
MOST_DIGITS = 4
ROUND_SHARE = 0.25  # of numbers, that may end in zeros

Span = tuple[int, int]


class Listed(NamedTuple):
    """A list of dates and numbers, its translation, and which part of one is which part of the other.

    Parameters
    ----------
    source : str
        As people write, such as "tuesday 3 may 1983 & forty two".
    target : str
        In figures, such as "1983-05-03 42".
    spans : list of (int, int, int, int)
        For each item, in order, the characters of the source and of the target that are its own: first of the source,
        one after the last of the source, and the same of the target.
    links : list of ((int, int), (int, int))
        Which word of the source, as its characters (first, one after the last), each field of the target translates:
        year, month and day of a date; all of a number.
    """

    source: str
    target: str
    spans: list[tuple[int, int, int, int]]
    links: list[tuple[Span, Span]]


def dates_and_numbers(
    count: int, rng: np.random.Generator | int, *, items: tuple[int, int] = (1, 4), numbers: float = 0.25
) -> list[Listed]:
    """Generate lists of dates and numbers: a language whose translation and alignment are known exactly.

    A date of the years 1900 to 2099 is written in one of four forms ("3 may 1983", "may 3 1983", "may 3, 1983", "3rd of
    may 1983"), with its month and weekday in full or by three letters, one time in four with the true weekday; a
    number from 0 to 9999, of one to four digits with equal chance and one time in four a round one, is spelled in
    words ("forty two", "forty-two", "one hundred and two").

    Parameters
    ----------
    count : int
        Lists.
    rng : Generator or int
        Chance, or a seed.
    items : (int, int)
        Least and most items of a list; any count between has equal chance.
    numbers : float
        Share of items that are numbers, 0 to 1; the others are dates.

    Raises
    ------
    ValueError
        If a count is less than one, `items` is the wrong way round, or `numbers` is no share.

    Examples
    --------
    >>> listed = dates_and_numbers(1, rng=1, items=(2, 2))[0]
    >>> listed.source, listed.target
    ('13th of jan 2051 & friday 20th of aug 1954', '2051-01-13 1954-08-20')
    >>> [(listed.source[slice(*word)], listed.target[slice(*field)]) for word, field in listed.links[:3]]
    [('2051', '2051'), ('jan', '01'), ('13th', '13')]
    """
    check_number(count, "a count of at least 1", least=1)
    least, most = items
    if not 1 <= least <= most:
        raise ValueError(f"expected items as (least, most) with 1 <= least <= most, got ({least}, {most})")
    check_number(numbers, "a share of numbers from 0 to 1", least=0, most=1)
    rng = np.random.default_rng(rng)
    sizes = rng.integers(least, most + 1, size=count)
    return [_listed([_number(rng) if rng.random() < numbers else _date(rng) for _ in range(size)]) for size in sizes]


def spelled(number: int, *, hyphen: bool = False, link: bool = False) -> str:
    """Spell a whole number from 0 to 9999 in English words.

    Parameters
    ----------
    number : int
        The number.
    hyphen : bool
        Write "forty-two" rather than "forty two".
    link : bool
        Write "one hundred and two" rather than "one hundred two".

    Raises
    ------
    ValueError
        If it is less or greater.

    Examples
    --------
    >>> spelled(1942), spelled(1942, hyphen=True, link=True)
    ('one thousand nine hundred forty two', 'one thousand nine hundred and forty-two')
    """
    check_number(number, f"a number from 0 to {10**MOST_DIGITS - 1}", least=0, below=10**MOST_DIGITS)
    thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
    words = [f"{SMALL[thousands]} thousand"] if thousands else []
    words += [f"{SMALL[hundreds]} hundred"] if hundreds else []
    words += ["and"] if link and words and rest else []
    if rest >= len(SMALL):
        ten, one = TENS[rest // 10], rest % 10
        words.append(f"{ten}{'-' if hyphen else ' '}{SMALL[one]}" if one else ten)
    elif rest or not words:
        words.append(SMALL[rest])
    return " ".join(words)


def read_pairs(path: str | Path, columns: tuple[int | str, int | str] = (0, 1)) -> list[tuple[str, str]]:
    r"""Read sentences and their translations from a table with a pair a row and tabs between the cells.

    Parameters
    ----------
    path : str or Path
        Text in UTF-8, plain or compressed by gzip, which is seen from the content.
    columns : (int, int) or (str, str)
        Where source and target are: by number, from 0, in a table without titles, or by name, in a table whose first
        row is the titles. Other columns, such as who wrote the sentence, are left out.

    Raises
    ------
    ValueError
        If a column or a cell is missing, a sentence is empty or there is no row; the message names file and row.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "pairs.tsv"
    >>> _ = path.write_text("en\tde\tauthor\na dog\tein Hund\tanna\n", encoding="utf-8")
    >>> read_pairs(path, ("de", "en"))
    [('ein Hund', 'a dog')]
    """
    path = Path(path)
    rows = [line.split("\t") for line in _lines(path)]
    titled = any(isinstance(column, str) for column in columns)
    source, target = (_column(each, rows[0] if titled and rows else [], path) for each in columns)
    if source == target:
        raise ValueError(f"'{path}': expected two different columns, got {columns[0]} and {columns[1]}")
    needed = max(source, target) + 1
    pairs = []
    for number, row in enumerate(rows[titled:], start=1 + titled):
        if len(row) < needed:
            raise ValueError(
                f"'{path}', row {number}: expected at least {needed} columns with tabs between them, got {len(row)}"
            )
        pair = row[source].strip(), row[target].strip()
        if not all(pair):
            raise ValueError(f"'{path}', row {number}: expected a sentence and its translation, got an empty one")
        pairs.append(pair)
    if not pairs:
        raise ValueError(f"'{path}': expected rows of sentences, got none")
    return pairs


def read_aligned(source_path: str | Path, target_path: str | Path) -> list[tuple[str, str]]:
    r"""Read sentences and their translations from two texts that have a sentence a line, in the same order.

    Parameters
    ----------
    source_path, target_path : str or Path
        Texts in UTF-8, plain or compressed by gzip, which is seen from the content.

    Raises
    ------
    ValueError
        If one text is longer than the other or a line is empty; the message names file and line.
    OSError
        If a file cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "de.txt").write_text("ein Hund\nzwei Hunde\n", encoding="utf-8")
    >>> _ = (folder / "en.txt").write_text("a dog\ntwo dogs\n", encoding="utf-8")
    >>> read_aligned(folder / "de.txt", folder / "en.txt")
    [('ein Hund', 'a dog'), ('zwei Hunde', 'two dogs')]
    """
    paths = Path(source_path), Path(target_path)
    texts = [[line.strip() for line in _lines(path)] for path in paths]
    (shorter, ends), (longer, goes_on) = sorted(zip(paths, map(len, texts), strict=True), key=lambda each: each[1])
    if ends < goes_on:
        raise ValueError(f"'{shorter}' ends at line {ends}, but '{longer}' has {goes_on} lines; expected equally many")
    for path, lines in zip(paths, texts, strict=True):
        if not lines:
            raise ValueError(f"'{path}': expected lines of sentences, got none")
        if "" in lines:
            raise ValueError(f"'{path}', line {lines.index('') + 1}: expected a sentence, got an empty line")
    return list(zip(*texts, strict=True))


class _Item(NamedTuple):
    """One date or number, with links that count from its own beginning."""

    source: str
    target: str
    links: list[tuple[Span, Span]]


def _listed(items: Sequence[_Item]) -> Listed:
    source, target = "", ""
    spans, links = [], []
    for item in items:
        source += SEPARATOR if source else ""
        target += " " if target else ""
        here, there = len(source), len(target)
        links += [(_moved(read, here), _moved(written, there)) for read, written in item.links]
        source, target = source + item.source, target + item.target
        spans.append((here, len(source), there, len(target)))
    return Listed(source, target, spans, links)


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _date(rng: np.random.Generator) -> _Item:
    day = date.fromordinal(int(rng.integers(FIRST, LAST + 1)))
    form = FORMS[rng.integers(len(FORMS))]
    texts = {
        "year": str(day.year),
        "month": _short_or_full(MONTHS[day.month - 1], rng),
        "day": f"{day.day}{ENDINGS.get(day.day, 'th')}" if " of " in form else str(day.day),
        "weekday": _short_or_full(WEEKDAYS[day.weekday()], rng),
    }
    source, places = _filled("{weekday} " * (rng.random() < WEEKDAY_SHARE) + form, texts)
    return _Item(source, day.isoformat(), [(places[name], figures) for name, figures in FIGURES.items()])


def _short_or_full(name: str, rng: np.random.Generator) -> str:
    return name[:3] if rng.random() < 0.5 else name


def _filled(form: str, texts: dict[str, str]) -> tuple[str, dict[str, Span]]:
    """Write the texts into a form; give also the characters that are each one's own."""
    source, places = "", {}
    for between, name, _, _ in Formatter().parse(form):
        source += between
        if name:
            places[name] = len(source), len(source) + len(texts[name])
            source += texts[name]
    return source, places


def _number(rng: np.random.Generator) -> _Item:
    digits = int(rng.integers(1, MOST_DIGITS + 1))
    number = int(rng.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))
    if rng.random() < ROUND_SHARE:
        unit = 10 ** int(rng.integers(digits))
        number = number // unit * unit
    hyphen, link = rng.random(2) < 0.5
    source, target = spelled(number, hyphen=bool(hyphen), link=bool(link)), str(number)
    return _Item(source, target, [((0, len(source)), (0, len(target)))])


def _column(column: int | str, titles: Sequence[str], path: Path) -> int:
    if isinstance(column, str):
        names = [title.strip() for title in titles]
        if column not in names:
            raise ValueError(f"'{path}': expected a column '{column}', there are: {', '.join(names) or 'none'}")
        return names.index(column)
    check_number(column, "a column's name or its number, from 0", least=0)
    return column


def _lines(path: Path) -> list[str]:
    """Give the lines of a text, without what ends them."""
    with reading(path, "cannot be read: expected text in UTF-8"):
        text = unpacked(path).decode("utf-8-sig")
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
