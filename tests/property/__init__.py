"""Promises tried on random input."""
