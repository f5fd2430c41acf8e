"""The gate that picks one place: `softmax`; in `gates` argmax, Luce, winner-take-all; `drift_diffusion`, the `Race`."""
