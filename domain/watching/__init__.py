"""Watched segments: who entered and who left, found at commit and by the passing of time, kept and told."""
