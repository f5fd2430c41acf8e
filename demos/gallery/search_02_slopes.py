"""Four searches, one searcher: time to find a thing, by the number of others.

A colour is found at once; a conjunction of colour and orientation, a T among Ls and a 2 among 5s take longer with each
other item, and about twice as long again to say that there is none. Nothing is set for any of them: what guides the
searcher, and how long it takes to tell things apart, comes from the pictures. Grey lines are people's.
"""

from foveation.figures import save_figure
from neural.figures import slopes_figure
from neural.laboratory.experiment import run_experiment

SEARCHES = ("pop-out-colour", "conjunction", "t-among-l", "2-among-5")

save_figure(slopes_figure([run_experiment(kind, trials=120) for kind in SEARCHES]), "search_02_slopes.png")
