"""The API listing, `docs/api/PACKAGE.md`: every public name with the first sentence of its docstring, room by room.

    python docs/api.py

writes the pages anew from the stubs (`__init__.pyi`) that list the public names.
"""

import ast
import inspect
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("foveation", "saliency", "neural")


class Public(NamedTuple):
    """A public name: where it is imported from, where it is defined."""

    package: str
    module: str
    name: str

    @property
    def room(self) -> str:
        """The room that it stands in: two levels deep, `saliency.gate`, or a file beside the rooms."""
        room = self.module.rpartition(".")[0]
        return room if room not in PACKAGES else self.module

    def first_sentence(self) -> str:
        """Give the first line of its docstring; of a table, its names."""
        value = getattr(import_module(self.package), self.name)
        if inspect.isclass(value) or inspect.isroutine(value):
            return (inspect.getdoc(value) or "").partition("\n")[0]
        return f"Table of {len(value)}: {', '.join(value)}."


def public_names(package: str) -> list[Public]:
    """Read the stubs of a package and of the packages in it, in the order of their lists."""
    found = []
    for stub in sorted((ROOT / package).rglob("__init__.pyi"), key=lambda stub: len(stub.parts)):
        here = ".".join(stub.parent.relative_to(ROOT).parts)
        for line in ast.parse(stub.read_text(encoding="utf-8")).body:
            if isinstance(line, ast.ImportFrom):
                found += [Public(here, f"{here}.{line.module}", each.asname or each.name) for each in line.names]
    return found


def page(package: str) -> str:
    """Write the listing of one package."""
    text = f"# {package}\n\n{_summary(package)}\n\nMade from the stubs by `python docs/api.py`.\n"
    by_room = groupby(sorted(public_names(package), key=lambda each: (each.package, each.room)), lambda each: each[0])
    for importable, names in by_room:
        for room, in_room in groupby(names, lambda each: each.room):
            text += f"\n## {room}\n\n{_summary(room)}\nFrom `{importable}`:\n\n"
            text += "".join(f"- `{each.name}`: {each.first_sentence()}\n" for each in in_room)
    return text


def _summary(module: str) -> str:
    return (import_module(module).__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    for each in PACKAGES:
        (ROOT / "docs" / "api" / f"{each}.md").write_text(page(each), encoding="utf-8")
