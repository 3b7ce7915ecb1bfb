"""Single writes and small batches of what imports load too: the same checks, the same statements, item by item."""
