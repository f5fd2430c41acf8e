"""Glimpse networks: hard attention that learns where to look."""
