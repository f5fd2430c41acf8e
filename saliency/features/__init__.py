"""Early visual features: colour, orientation, motion, surprise, faces, regions, and the normalisation of maps."""
