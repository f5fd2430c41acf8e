"""THE OBSERVER: the loop that looks, attention as mathematics, and networks that learn where to look."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
