"""Conditions on consents."""
