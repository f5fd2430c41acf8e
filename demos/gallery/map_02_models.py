"""What stands out in a cup of coffee, by every model we have, and how long each takes."""

import time

from foveation import as_image, sample_pixels
from foveation.figures import save_figure
from saliency import MODELS
from saliency.figures.maps import contact_sheet

image = as_image(sample_pixels("coffee"))
maps, milliseconds = {}, {}
for name, model in MODELS.items():
    model(image)  # the first call loads compiled code
    start = time.perf_counter()
    maps[name] = model(image)
    milliseconds[name] = 1000 * (time.perf_counter() - start)
save_figure(contact_sheet(image, maps, milliseconds), "map_02_models.png")
