"""Consents: what customers allow, for which purpose and by which channel."""
