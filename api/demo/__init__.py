"""The two merchants of the demo: made up, deterministic, with answers known beforehand."""
