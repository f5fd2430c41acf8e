"""People's recordings: pictures with fixations, and the files of other tools."""
