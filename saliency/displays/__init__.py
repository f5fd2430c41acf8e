"""Displays of experiments: search, cueing, crowding."""
