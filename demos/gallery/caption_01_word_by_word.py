"""Where a captioner looks at each word: it names the objects of a scene in reading order, and looks at each in turn.

Nobody has told it where the objects are: it has seen scenes and sentences alone. Its words come out one after the
other, and before each it weighs the cells of a grid over the picture. The dashed frames are the objects that the words
name. The network ships; `foveal caption` makes the same figure of any such picture.
"""

from foveation.figures import save_figure
from neural.figures.captions import caption_figure
from neural.files import load_pretrained
from neural.sequences.captioning import Captioner
from neural.sequences.scenes import rendered_scenes

scenes = rendered_scenes(1, rng=8, objects=(4, 4))
caption = load_pretrained("scenes", Captioner).caption(scenes.images)[0]
named = scenes.words[0] if caption.text == scenes.captions[0] else None
figure = caption_figure(scenes.images[0], caption, boxes=scenes.boxes[0], named=named)
save_figure(figure, "caption_01_word_by_word.png")
