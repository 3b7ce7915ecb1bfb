"""Segments: a name on a rule, or on a list.  Membership of a rule is never stored; it is asked."""
