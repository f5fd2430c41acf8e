"""THE STAGE: the command line, figures on disk, films."""
