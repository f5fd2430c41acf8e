"""What each subcommand of `foveal` does: a file each, with its arguments and its `run`."""
