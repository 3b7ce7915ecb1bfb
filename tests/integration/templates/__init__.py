"""Templates over GraphQL."""
