"""Members, their keys, and what such a key reaches."""
