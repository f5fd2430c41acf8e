"""Attention as mathematics: scores, soft and hard attention, structure, estimators of gradients."""
