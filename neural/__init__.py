"""THE OBSERVER: the loop that looks, and attention as mathematics."""

from neural.attention import Attention, attend
from neural.observer import PRESETS, Glance, Look, Observer
from neural.timing import CovertShift, Timing

__all__ = ["PRESETS", "Attention", "CovertShift", "Glance", "Look", "Observer", "Timing", "attend"]
