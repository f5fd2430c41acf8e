"""How a command line is read: unknown names are answered with the nearest, options that would do nothing refused."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn


class _Effect(NamedTuple):
    """Where options have an effect: in words, and as a question to all options."""

    names: tuple[str, ...]
    where: str
    met: Callable[[argparse.Namespace], object]


class CommandParser(argparse.ArgumentParser):
    """A parser that knows what was asked for and what is a default, and where an option has an effect.

    Examples
    --------
    >>> parser = CommandParser(prog="foveal map")
    >>> _ = parser.add_argument("--figure"), parser.add_argument("--cortex", action="store_true")
    >>> parser.only("cortex", where="with --figure", met=lambda options: options.figure)
    >>> parser.parse_args(["--figure", "a.png", "--cortex"]).cortex
    True
    >>> parser.parse_args(["--cortex"])
    Traceback (most recent call last):
    ...
    ValueError: --cortex does nothing here: expected it with --figure
    """

    def __init__(self, **how: Any) -> None:  # noqa: ANN401
        super().__init__(**how)
        self._effects: list[_Effect] = []

    def only(self, *names: str, where: str, met: Callable[[argparse.Namespace], object]) -> None:
        """Refuse these options where they are asked for in vain.

        Parameters
        ----------
        names : str
            Of attributes of the options.
        where : str
            Where they have an effect, in words, such as "with --figure" or "for a film".
        met : callable
            Whether they have one, of all options.
        """
        self._effects.append(_Effect(names, where, met))

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Read options; there are none that are not known.

        Raises
        ------
        ValueError
            If one was asked for that would do nothing.
        SystemExit
            If one is unknown, or cannot be read; a sentence has been said.
        """
        given = list(sys.argv[1:] if args is None else args)
        if self._subparsers is None:  # else what is given is for the command
            self._check_names(given)
        defaults = {action.dest: action.default for action in self._actions if action.default != argparse.SUPPRESS}
        left_out = argparse.Namespace(**dict.fromkeys(defaults))  # what stays None was not asked for
        options, unknown = super().parse_known_args(given, left_out)
        if unknown:
            self._refuse(unknown[0])
        names = {name for name, value in vars(options).items() if value is not None and value != []}
        for name, value in defaults.items():
            if getattr(options, name) is None:
                setattr(options, name, value)
        for effect in self._effects:
            for name in effect.names:
                if name in names and not effect.met(options):
                    raise ValueError(f"{self._written(name)} does nothing here: expected it {effect.where}")
        return options, []

    def error(self, message: str) -> NoReturn:
        """Refuse a value in a sentence, as all that is wrong; show the usage where a name or an argument is."""
        if message.startswith("argument "):
            raise ValueError(message.removeprefix("argument "))
        super().error(message)

    def _check_names(self, given: Sequence[str]) -> None:
        """Refuse, before anything else, an option that is not known or has a value that is none."""
        for text in given[: given.index("--") if "--" in given else None]:
            if valueless := re.fullmatch(r"(--[^=]+|-[^-])=?--", text):
                self.error(f"expected a value for {valueless[1]}, got '--'")
            if re.match(r"--[^ ]", text):
                name = text.partition("=")[0]
                if not any(option.startswith(name) for option in self._option_string_actions):
                    self._refuse(name)

    def _refuse(self, name: str) -> NoReturn:
        if not name.startswith("-"):
            self.error(f"expected nothing more, got '{name}'")
        self.error(f"there is no option '{name}'{nearest(name, self._option_string_actions)}")

    def _written(self, name: str) -> str:
        """Give an option as it is typed, or the name of an argument without one."""
        action = next(action for action in self._actions if action.dest == name)
        return max(action.option_strings, key=len, default=str(action.metavar or name))


def nearest(name: str, names: Iterable[str]) -> str:
    """Ask for the nearest name, if one is near.

    Examples
    --------
    >>> nearest("scanpaht", ["map", "scanpath"])
    "; did you mean 'scanpath'?"
    """
    found = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean '{found[0]}'?" if found else ""
