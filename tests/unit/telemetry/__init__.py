"""The log and what finds its way into it."""
