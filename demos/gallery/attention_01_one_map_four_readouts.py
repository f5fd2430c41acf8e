"""One picture, one priority map, four ways to read it, and the temperature between them.

Winner-take-all and argmax find the same place, the race also says when; samples are the saccades of many viewers; soft
attention weighs all places, and what it fetches is the mean of all that the samples would fetch. At temperature 0 all
weight is on the winner, at infinity the weights know nothing of the map.
"""

from foveation import as_image, sample_pixels
from foveation.figures import save_figure
from neural.figures import readouts_figure
from saliency import IttiKoch

image = as_image(sample_pixels("astronaut"))
save_figure(readouts_figure(image, IttiKoch()(image)), "attention_01_one_map_four_readouts.png")
