"""THE STAGE: the command line, figures on disk, films."""


class Failure(Exception):
    """Something went wrong that is not the user's doing; the message is one sentence. Exit code 1."""
