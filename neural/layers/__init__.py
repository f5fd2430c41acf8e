"""Layers of networks: differentiable operations and recurrent cells."""
