"""The read-out: channels weighed by a small network that learned from people's fixations."""
