"""How fine a detail the eye resolves, by its distance from where the eye looks."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Acuity(Protocol):
    """Any law of acuity: from eccentricity to the finest grating that can be seen."""

    def cutoff_cpd(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Finest visible frequency, in cycles per degree, at each eccentricity in degrees."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class GeislerPerry:
    r"""Contrast threshold of gratings by frequency and eccentricity.

    .. math:: CT(f, e) = CT_0 \exp\left(\alpha f \frac{e + e_2}{e_2}\right)

    A grating of full contrast vanishes at the cut-off :math:`f_c(e) = e_2 \ln(1/CT_0) / (\alpha (e + e_2))` [1]_.

    Parameters
    ----------
    minimum_contrast : float
        Least visible contrast :math:`CT_0`, between 0 and 1.
    decay_deg : float
        Fall of sensitivity with frequency, :math:`\alpha`, in degrees.
    half_eccentricity_deg : float
        Eccentricity :math:`e_2` at which acuity is half of that in the fovea, in degrees. Smaller is a narrower fovea.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    References
    ----------
    .. [1] Geisler and Perry (1998), Real-time foveated multiresolution system for low-bandwidth video communication,
       Proc. SPIE 3299, eq. 1-2: :math:`\alpha = 0.106`, :math:`e_2 = 2.3`, :math:`CT_0 = 1/64`.

    Examples
    --------
    >>> GeislerPerry().cutoff_cpd([0, 2.3, 10]).round(4)
    array([39.2347, 19.6174,  7.3366])
    """

    minimum_contrast: float = 1 / 64
    decay_deg: float = 0.106
    half_eccentricity_deg: float = 2.3

    def __post_init__(self) -> None:
        if not 0 < self.minimum_contrast < 1:
            raise ValueError(f"expected minimum_contrast between 0 and 1, got {self.minimum_contrast}")
        for name in ("decay_deg", "half_eccentricity_deg"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"expected a positive {name}, got {getattr(self, name)}")

    def contrast_threshold(self, frequency_cpd: ArrayLike, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Least contrast at which a grating is seen, :math:`CT(f, e)`; above 1 it is never seen."""
        reach = (np.asarray(eccentricity_deg, np.float64) + self.half_eccentricity_deg) / self.half_eccentricity_deg
        threshold: NDArray[np.float64] = self.minimum_contrast * np.exp(
            self.decay_deg * np.asarray(frequency_cpd, np.float64) * reach
        )
        return threshold

    def contrast_sensitivity(self, frequency_cpd: ArrayLike, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Inverse of the contrast threshold, :math:`1 / CT(f, e)`."""
        return 1 / self.contrast_threshold(frequency_cpd, eccentricity_deg)

    def cutoff_cpd(self, eccentricity_deg: ArrayLike) -> NDArray[np.float64]:
        """Finest visible frequency :math:`f_c(e)`, in cycles per degree."""
        return self._visible / (np.asarray(eccentricity_deg, np.float64) + self.half_eccentricity_deg)

    def critical_eccentricity_deg(self, frequency_cpd: ArrayLike) -> NDArray[np.float64]:
        """Eccentricity at which gratings of this frequency vanish; below 0 they are never seen."""
        return self._visible / np.asarray(frequency_cpd, np.float64) - self.half_eccentricity_deg

    @property
    def _visible(self) -> float:
        return float(self.half_eccentricity_deg * np.log(1 / self.minimum_contrast) / self.decay_deg)
