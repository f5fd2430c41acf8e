"""Parameters of a network: arrays by name."""

from typing import Any

Parameters = dict[str, Any]
