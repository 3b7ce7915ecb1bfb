"""Satisfaction, measured in the database."""
