"""Segments: a name on a rule.  Membership is never stored; it is asked."""
