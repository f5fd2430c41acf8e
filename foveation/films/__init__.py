"""Films: read and written with the true time of every frame; what containers say of themselves, and encoders."""
