"""Imports without a database."""
