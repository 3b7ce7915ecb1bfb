"""A small shop on tables of its own, to try the GraphQL compiler on: it shares nothing with the product."""
