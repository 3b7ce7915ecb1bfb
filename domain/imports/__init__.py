"""Importing: the kinds of files, what their fields must be, and the order in which subjects are loaded."""

from domain.staging import ImportRow

__all__ = ["ImportRow"]
