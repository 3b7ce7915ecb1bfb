"""Imports against PostgreSQL."""
