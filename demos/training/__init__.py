"""How the commands that train a network go on where they were stopped, compare it with a control, and report."""
