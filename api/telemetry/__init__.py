"""What operators see of a running process: its log and its metrics.  Never arguments, rows or anybody's data."""
