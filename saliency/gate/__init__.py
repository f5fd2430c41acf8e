"""The gate that picks one place: softmax, argmax, winner-take-all, races."""
