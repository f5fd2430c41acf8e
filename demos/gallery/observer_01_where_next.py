"""The same picture, looked at from four places: where people would look next.

Above, the density of the next fixation after each of the first fixations of one path (a cross: the gaze). It is drawn
to what stands out, more so nearby than far away; it keeps on, and it comes back. Below, paths by six kinds of observer:
longer fixations are larger, later ones yellow.
"""

from foveation import Viewing, sample_pixels
from foveation.figures import draw_picture, page_figure, save_figure
from neural import Observer
from saliency.figures.maps import draw_heatmap

PRESETS = ("free_viewing", "typical", "foveated", "scenewalk", "lemeur", "race")

image = sample_pixels("coffee")
viewing = Viewing.from_pixels_per_degree(24, image.shape)
observer = Observer.preset("typical")
path = observer.look(image, viewing, rng=1)
figure, _ = page_figure(180, 105)
figure.clear()
axes = figure.subplots(3, 4)
for shown, ax in enumerate(axes[0]):
    draw_heatmap(Observer().density(image, viewing, path[:shown]), image, ax=ax)
    x, y = path.start if shown == 0 else path.places[shown - 1]
    ax.plot(x, y, "+", color="white", ms=9, mew=2)
    ax.set_title("at the start" if shown == 0 else f"after fixation {shown}", fontsize=8)
for name, ax in zip(PRESETS, axes[1:, :3].flat, strict=True):
    shown_path = Observer.preset(name).look(image, viewing, rng=1)
    draw_picture(image, ax=ax)
    ax.plot(shown_path.x, shown_path.y, "-", color="white", lw=1)
    ax.scatter(shown_path.x, shown_path.y, s=200 * shown_path.duration, c=range(len(shown_path)), ec="white", lw=0.5)
    ax.set_title(name, fontsize=8)
for ax, name in zip(axes[1:, 3], ("free_viewing", "typical"), strict=True):
    for each in Observer.preset(name).look_many(image, viewing, observers=40, duration=2.0, rng=1):
        ax.plot(each.x, each.y, ".", color="#56B4E9", ms=2.5)
    draw_picture(image, ax=ax)
    ax.set_title(f"40 observers, {name}", fontsize=8)
save_figure(figure, "observer_01_where_next.png")
