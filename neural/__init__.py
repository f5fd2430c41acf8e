"""THE OBSERVER: the loop that looks, its laboratory, readers and films; attention as mathematics, and networks."""

import autograd.numpy  # noqa: F401  (goes through all names of NumPy: once, before threads are at work)
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
