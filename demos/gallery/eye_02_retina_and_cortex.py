"""A face, as it is, as the eye sends it, and as primary visual cortex has it: half of the cortex for a few degrees."""

from foveation import Viewing, sample_pixels
from foveation.figures import save_figure, seeing_figure

image = sample_pixels("astronaut")
viewing = Viewing.from_pixels_per_degree(20, image.shape)
figure = seeing_figure(image, (220, 110), viewing, cortex=True)
save_figure(figure, "eye_02_retina_and_cortex.png")
