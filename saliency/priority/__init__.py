"""Priority: how a map, the eye and the gaze's history together make what a gate decides on."""
