"""The rule language: one tree, one statement.  It knows no table."""
