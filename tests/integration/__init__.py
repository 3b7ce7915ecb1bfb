"""Tests that need a database: the product's parts together."""
