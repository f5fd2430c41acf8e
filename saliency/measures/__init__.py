"""Measures of a map against fixations."""
