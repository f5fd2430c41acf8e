"""THE EYE: what a picture is, visual angle, acuity, the retinal image, glimpses, cortex, crowding, eye movements."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
