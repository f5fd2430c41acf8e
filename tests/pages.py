"""What lies where on the page of a figure."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg


def texts(labels):
    return [label.get_text() for label in labels]


def between(value, ends):
    return min(ends) <= value <= max(ends)


def boxes_of(figure):
    """Where each text of a figure stands, in dots of the page."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    written = [*figure.texts]
    for ax in figure.axes:
        written += [ax.title, *ax.texts]
        if ax.axison:
            written += [ax.xaxis.label, ax.yaxis.label]
            written += [each for each in ax.get_xticklabels() if between(each.get_position()[0], ax.get_xlim())]
            written += [each for each in ax.get_yticklabels() if between(each.get_position()[1], ax.get_ylim())]
    return {text: text.get_window_extent(canvas.get_renderer()) for text in written if text.get_text()}


def all_lies_on_the_page(figure):
    width, height = figure.bbox.size
    lying = boxes_of(figure)
    return all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in lying.values())


def inside(figure):
    """Tell whether all that is written on a page lies on it and covers no panel, and no words cover others."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    around, within = (
        [*figure.texts, *(ax.title for ax in figure.axes)],
        [text for ax in figure.axes for text in ax.texts],
    )
    boxes = [text.get_window_extent(renderer) for text in [*around, *within] if text.get_text()]
    panels = [ax.get_window_extent(renderer) for ax in figure.axes]
    outside = [text.get_window_extent(renderer) for text in around if text.get_text()]
    apart = all(not one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    clear = all(not one.overlaps(panel) for one in outside for panel in panels)
    return (
        apart
        and clear
        and all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)
    )


def titled(figure):
    """Give the panels of a page by their titles."""
    return {ax.get_title(): ax for ax in figure.axes}


def shown(ax):
    return np.asarray(ax.images[-1].get_array())


def lines(ax):
    """Give the lines of a chart that have a name, by their names."""
    return {line.get_label(): line.get_xydata() for line in ax.lines if not line.get_label().startswith("_")}


def words_lie_on_the_page(figure):
    """Tell whether all that is written can be read, and no heading covers another."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    texts = [*figure.texts]
    for ax in figure.axes:
        texts += [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
    boxes = [text.get_window_extent(renderer) for text in texts if text.get_text()]
    outside = [
        text.get_text() for text in texts if text.get_text() and not on(text.get_window_extent(renderer), figure)
    ]
    titles = [box for box in boxes if box.width > 20 * figure.dpi / 25.4]
    return not outside and all(not one.overlaps(other) for k, one in enumerate(titles) for other in titles[:k])


def on(box, figure):
    return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
