"""Every change of the tables there has been, oldest first; forward only."""
