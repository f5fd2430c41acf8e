"""Figures of the observer, of attention, of networks, and of the laboratory."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
