"""Segments on a database."""
