"""Scanpaths, their statistics, and the measures of how alike two of them are."""
