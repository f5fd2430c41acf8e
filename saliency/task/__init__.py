"""Top-down: what the observer is after."""
