"""How fast displays are drawn: CPU time of one of 18 items on 480 x 480 pixels, and displays per second."""

from itertools import count

from measure import milliseconds, table

from saliency.displays.crowding import crowded_letters
from saliency.displays.cueing import inhibition_probe, posner
from saliency.displays.search import SEARCHES, search_display

ITEMS, TARGET_MS = 18, 5.0

if __name__ == "__main__":
    seeds = count()
    rows = []
    for kind, search in SEARCHES.items():
        took = milliseconds(lambda kind=kind: search_display(kind, ITEMS, rng=next(seeds)), 50)
        goal = f"below {TARGET_MS:g} ms" if search.frames == 1 else f"a film of {search.frames} frames"
        rows.append((kind, f"{took:.2f} ms, {1000 / took:.0f}/s", goal))
    for name, function in (("letters", crowded_letters), ("posner", posner), ("inhibition_probe", inhibition_probe)):
        took = milliseconds(lambda function=function: function(rng=next(seeds)), 50)
        rows.append((name, f"{took:.2f} ms, {1000 / took:.0f}/s", ""))
    table(f"Drawing a display of {ITEMS} items", rows)
