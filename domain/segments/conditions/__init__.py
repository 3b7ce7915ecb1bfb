"""What rules can ask of other segments."""
