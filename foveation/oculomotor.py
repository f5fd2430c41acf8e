"""How the eye moves: the time a saccade takes and the course it follows."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def saccade_duration(amplitude_deg: ArrayLike) -> NDArray[np.float64]:
    """Time in flight, in seconds, of a saccade of this many degrees: 21 ms and 2.2 ms more for each degree.

    References
    ----------
    Carpenter (1988), Movements of the Eyes, 2nd ed., p. 72: the main sequence.

    Examples
    --------
    >>> saccade_duration([1, 5, 20]).round(4)
    array([0.0232, 0.032 , 0.065 ])
    """
    return 0.021 + 0.0022 * np.asarray(amplitude_deg, np.float64)


def saccade_progress(time_share: ArrayLike) -> NDArray[np.float64]:
    r"""Share of its way that a saccade has made after a share :math:`u` of its time.

    .. math:: s(u) = 10 u^3 - 15 u^4 + 6 u^5

    the smoothest (minimum-jerk) course.

    References
    ----------
    Flash and Hogan (1985), The coordination of arm movements, J. Neurosci. 5, eq. 3.

    Examples
    --------
    >>> saccade_progress([0, 0.5, 1])
    array([0. , 0.5, 1. ])
    """
    u = np.clip(np.asarray(time_share, np.float64), 0, 1)
    return u**3 * (10 - 15 * u + 6 * u**2)
