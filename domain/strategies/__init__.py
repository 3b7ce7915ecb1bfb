"""Strategies: what to do for a segment, to what end, and where that stands."""
