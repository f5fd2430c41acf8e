"""Experiments of the laboratory: visual search, cueing, search in photographs."""
