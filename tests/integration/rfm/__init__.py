"""RFM on a database."""
