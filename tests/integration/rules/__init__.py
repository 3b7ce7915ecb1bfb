"""Rules on a database: who their members are."""
