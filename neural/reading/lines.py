"""Which line of a page each fixation belongs to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neural.reading.page import OFFSETS, Page


def nearest_lines(places: ArrayLike, page: Page) -> NDArray[np.int64]:
    """Give the line that is nearest to each place (n, 2): wrong for whole lines where a recording has drifted."""
    y = np.asarray(places, np.float64).reshape(-1, 2)[:, 1]
    nearest: NDArray[np.int64] = np.abs(y[:, None] - page.line_y).argmin(axis=1)
    return nearest


@dataclass(frozen=True, kw_only=True)
class LineAssignment:
    r"""Which line was read at each fixation, although the eye tracker's heights are off and drift.

    A recorded height is that of the line, plus an offset that changes slowly, plus noise. Of all sequences of lines
    :math:`l_k` and offsets :math:`o_k` the cheapest is found by dynamic programming (Viterbi),

    .. math:: \sum_k \frac{(y_k - Y_{l_k} - o_k)^2}{2 \sigma^2} + \frac{(o_k - o_{k-1})^2}{2 \delta^2}
              + \frac{o_k^2}{2 \tau^2} + c(l_{k-1} \to l_k, x_k - x_{k-1})

    with all heights in distances of lines. A large step to the left, with which one goes to the next line, makes that
    cheap and staying dear; after any other step staying is cheap.

    Parameters
    ----------
    noise : float
        :math:`\sigma`, in distances of lines.
    drift : float
        :math:`\delta`, change of the offset from a fixation to the next.
    offset : float
        :math:`\tau`, usual size of the offset.
    sweep : float
        Length from which a step to the left is a return sweep, as a share of the widest line.
    jump : float
        Cost of a change of line without a sweep; one to a line that is not the next costs twice as much.
    """

    noise: float = 0.25
    drift: float = 0.05
    offset: float = 1.0
    sweep: float = 0.4
    jump: float = 6.0

    def __call__(self, places: ArrayLike, page: Page) -> NDArray[np.int64]:
        """Give the line of each place (n, 2), in the order of the fixations, from 0 up."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        if not len(places):
            return np.empty(0, np.int64)
        offsets = np.array(OFFSETS)
        height = (places[:, 1, None] - page.line_y) / page.line_px
        emission = (height[:, :, None] - offsets) ** 2 / (2 * self.noise**2) + offsets**2 / (2 * self.offset**2)
        change = (offsets[:, None] - offsets) ** 2 / (2 * self.drift**2)
        moves = self._moves(places[:, 0], page)
        cost, origin = emission[0], []
        for here, move in zip(emission[1:], moves, strict=True):
            drifted = cost[:, :, None] + change  # line, offset before, offset now
            best_offset = drifted.argmin(axis=1)
            moved = drifted.min(axis=1)[:, None, :] + move[:, :, None]  # line before, line now, offset now
            best_line = moved.argmin(axis=0)
            origin.append((best_line, best_offset))
            cost = moved.min(axis=0) + here
        line, offset = (int(k) for k in np.unravel_index(cost.argmin(), cost.shape))
        lines = [line]
        for best_line, best_offset in reversed(origin):
            line = int(best_line[line, offset])
            offset = int(best_offset[line, offset])
            lines.append(line)
        return np.array(lines[::-1])

    def _moves(self, x: NDArray[np.float64], page: Page) -> NDArray[np.float64]:
        """Give what each step costs from each line to each other, (n - 1, lines, lines)."""
        number = np.arange(len(page.line_y))
        down = number - number[:, None]
        widest = float(np.ptp(page.line_ends))
        steps = np.where(down == 0, 0.0, np.where(down == 1, self.jump, 2 * self.jump))
        sweeps = np.where(down == 1, 0.0, np.where(down == 0, self.jump, 1.5 * self.jump))
        swept = np.diff(x) < -self.sweep * widest
        costs: NDArray[np.float64] = np.where(swept[:, None, None], sweeps, steps)
        return costs


def assign_lines(places: ArrayLike, page: Page) -> NDArray[np.int64]:
    r"""Give the line that was read at each fixation, places (n, 2) in order: `LineAssignment` with its defaults.

    Examples
    --------
    >>> page = Page.of_text("the first line of a text\nthe second line of it")[0]
    >>> recorded = page.middles + (0, 25)  # too low by more than half the distance of lines
    >>> nearest_lines(recorded, page).sum(), assign_lines(recorded, page)
    (np.int64(11), array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]))
    """
    return LineAssignment()(places, page)
