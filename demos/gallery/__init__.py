"""Scripts that draw one figure each: read them, run them, change them."""
