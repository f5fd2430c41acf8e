"""THE EYE: what a picture is, visual angle, acuity, the retinal image, glimpses, cortex, crowding, eye movements."""

from foveation.acuity import Acuity, GeislerPerry, Guenter2012, Watson2014, Weymouth
from foveation.cortex import (
    CorticalImage,
    Dougherty,
    HortonHoyt,
    RovamoVirsu,
    SchwartzDipole,
    SchwartzMonopole,
    cortical_magnification,
    cortical_view,
)
from foveation.crowding import CrowdingAsymmetry, critical_spacing_deg, crowding_zone, is_crowded
from foveation.glimpse import (
    FoveatedSensor,
    GaussianWindow,
    GlimpseSensor,
    LogPolarSensor,
    extract_glimpses,
    normalised_to_pixels,
    pixels_to_normalised,
)
from foveation.image import as_image, read_image, sample_pixels, write_image
from foveation.jit import compiled
from foveation.logpolar import LogPolar
from foveation.oculomotor import (
    Fixations,
    GazeTrace,
    detect_fixations,
    fixation_duration,
    gaze_trace,
    peak_velocity,
    saccade_duration,
    saccade_latency,
    saccade_trajectory,
    saccadic_suppression,
)
from foveation.pooling import PoolingWindows
from foveation.pyramid import gaussian_pyramid
from foveation.retina import FieldLoss, Foveator, blur_levels, foveate, measured_cutoff_cpd
from foveation.video import Frame, VideoWriter, read_video, write_video
from foveation.viewing import Viewing

__all__ = [
    "Acuity",
    "CorticalImage",
    "CrowdingAsymmetry",
    "Dougherty",
    "FieldLoss",
    "Fixations",
    "FoveatedSensor",
    "Foveator",
    "Frame",
    "GaussianWindow",
    "GazeTrace",
    "GeislerPerry",
    "GlimpseSensor",
    "Guenter2012",
    "HortonHoyt",
    "LogPolar",
    "LogPolarSensor",
    "PoolingWindows",
    "RovamoVirsu",
    "SchwartzDipole",
    "SchwartzMonopole",
    "VideoWriter",
    "Viewing",
    "Watson2014",
    "Weymouth",
    "as_image",
    "blur_levels",
    "compiled",
    "cortical_magnification",
    "cortical_view",
    "critical_spacing_deg",
    "crowding_zone",
    "detect_fixations",
    "extract_glimpses",
    "fixation_duration",
    "foveate",
    "gaussian_pyramid",
    "gaze_trace",
    "is_crowded",
    "measured_cutoff_cpd",
    "normalised_to_pixels",
    "peak_velocity",
    "pixels_to_normalised",
    "read_image",
    "read_video",
    "saccade_duration",
    "saccade_latency",
    "saccade_trajectory",
    "saccadic_suppression",
    "sample_pixels",
    "write_image",
    "write_video",
]
