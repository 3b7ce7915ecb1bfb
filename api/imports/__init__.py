"""Importing files and records: read, mapped, checked, staged, loaded."""
