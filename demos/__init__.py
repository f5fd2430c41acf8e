"""The command line `foveal`, with what it draws and films, and a gallery of figures."""


class Failure(Exception):
    """Something went wrong that is not the user's doing; the message is one sentence. Exit code 1."""
