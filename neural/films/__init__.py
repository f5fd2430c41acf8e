"""Films: of a scanpath, and of a caption told word by word."""
