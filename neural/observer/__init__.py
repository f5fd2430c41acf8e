"""The simulated observer: the loop that looks, its parts, many observers at once."""
