"""Tenancy without a database."""
