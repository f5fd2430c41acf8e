"""Files of films: what a container says of itself, and encoders."""
