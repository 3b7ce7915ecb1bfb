"""The rule language without a database."""
