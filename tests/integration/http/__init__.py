"""The application over HTTP, as clients use it."""
