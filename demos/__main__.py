"""The command `foveal`: `foveal COMMAND [INPUT] [-o OUTPUT]`."""

import importlib
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from demos import Failure
from demos.parser import CommandParser, nearest
from demos.signals import exit_code, heard

COMMANDS = {
    "scanpath": "where a person looks in a picture, and when: a figure and a table",
    "batch": "where people look in all pictures of a folder: tables; it goes on where it was stopped",
    "map": "what stands out in a picture: a saliency map",
    "regions": "the regions of a picture that stand out, ranked: boxes in a table and in the picture",
    "crop": "the part of a picture that keeps what stands out in it",
    "foveate": "what the eye sees of a picture or film when it looks at one place",
    "video": "a film with its saliency and a moving gaze",
    "read": "how a person reads a page, a picture or a text: the path, and what each fixation lets through",
    "search": "how long it takes to find a thing: by the number of others in a display, or in a photograph",
    "cue": "how a flash or an arrow changes the time to answer a target, by the interval: beside people",
    "evaluate": "how well saliency models, or observers, predict where people looked: a table of all measures",
    "train-readout": "a read-out that learned from your own pictures and fixations where people look",
    "train": "a network that learned where to look in pictures of digits, glimpse by glimpse",
    "translate": "the translation of sentences, and where each word of it was looked for; or a model that learned it",
    "caption": "what is in a picture, told word by word, and where the network looked; or a model that learned it",
    "info": "versions, for a report",
}


def parser_for(arguments: list[str]) -> CommandParser:
    """Build the parser; only the command that is named has its own arguments (and imports) added."""
    as_module = Path(sys.argv[0]).parts[-2:] == ("demos", "__main__.py")
    parser = CommandParser(
        prog="python -m demos" if as_module else "foveal",
        description="Simulate visual attention: from pixels to where a person looks, and when.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    named = next((name for name in arguments if not name.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        parser.error(f"there is no command '{named}'{nearest(named, COMMANDS)}")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"Give {summary}.")
        if name == named:
            _module(name).add_arguments(command)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 failed, 2 bad use, 130 interrupted, 143 terminated."""
    # FFmpeg and OpenCV would write their own words about a damaged file between ours
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    _open_outputs()
    try:
        with heard(), warnings.catch_warnings():
            warnings.showwarning = _note
            try:
                return _run(sys.argv[1:] if arguments is None else arguments)
            finally:
                _flush()
    except KeyboardInterrupt as stop:
        return _say("interrupted", exit_code(stop))
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        return 1
    except (ValueError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        return _say(_sentence(error), 2)
    except (Failure, OSError, ImportError) as error:
        return _say(_sentence(error), 1)
    except MemoryError as error:
        return _say(f"there is not enough memory for this ({error or 'no more is known'})", 1)


def _run(arguments: list[str]) -> int:
    parser = parser_for(arguments)
    options = parser.parse_args(arguments)
    if options.version:
        from importlib.metadata import version

        print(f"foveal {version('foveal')}")
        return 0
    if options.command is None:
        parser.print_help()
        return 2
    _module(options.command).run(options)
    return 0


def _open_outputs() -> None:
    """Let words go nowhere where the user has closed standard output or error: no file may take their place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _flush() -> None:
    """Say what is still to be said; where it cannot be, let it go nowhere, or Python would try once more at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):  # an output that is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _module(command: str) -> Any:  # noqa: ANN401
    return importlib.import_module(f"demos.commands.{command.replace('-', '_')}")


def _sentence(error: BaseException) -> str:
    if isinstance(error, ImportError) and error.name in ("saliency", "neural", "foveation", "demos"):
        from demos.commands.info import clashes

        return " ".join([*clashes(), str(error)])
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{error.strerror}: '{error.filename}'"
    return " ".join(str(error).split())


def _note(message: Warning | str, *_: object, **__: object) -> None:
    _say(f"note: {message}", 0)


def _say(sentence: str, code: int) -> int:
    with suppress(OSError):  # nobody listens
        print(f"foveal: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
