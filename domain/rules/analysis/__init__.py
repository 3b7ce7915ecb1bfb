"""What can be said of a rule without asking it: its parts, what it reads, what in it is of no use."""
