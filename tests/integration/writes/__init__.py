"""Writes as callers send them: one by one, in small lists, again and again."""
