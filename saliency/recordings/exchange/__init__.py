"""Scanpaths to and from other tools, a file a format; `write_scanpaths` and `read_scanpaths` choose among them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
