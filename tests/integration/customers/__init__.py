"""Customers written one at a time."""
