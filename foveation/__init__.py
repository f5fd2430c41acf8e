"""THE EYE: what a picture is, visual angle, acuity, the retinal image, eye movements."""

from foveation.acuity import Acuity, GeislerPerry
from foveation.image import as_image, read_image, sample_pixels, write_image
from foveation.jit import compiled
from foveation.oculomotor import saccade_duration
from foveation.pyramid import gaussian_pyramid
from foveation.retina import foveate
from foveation.video import Frame, VideoWriter, read_video, write_video
from foveation.viewing import Viewing

__all__ = [
    "Acuity",
    "Frame",
    "GeislerPerry",
    "VideoWriter",
    "Viewing",
    "as_image",
    "compiled",
    "foveate",
    "gaussian_pyramid",
    "read_image",
    "read_video",
    "saccade_duration",
    "sample_pixels",
    "write_image",
    "write_video",
]
