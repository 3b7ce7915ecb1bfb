"""The GraphQL compiler against a database, judged by graphql-core over lists."""
