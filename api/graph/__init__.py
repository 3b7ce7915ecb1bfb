"""GraphQL as SQL: an operation is planned once and answered by one statement.  Knows no product type."""
