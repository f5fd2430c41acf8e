"""Inhibition of return: what was just looked at is set back."""
