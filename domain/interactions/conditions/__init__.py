"""What rules can ask of interactions."""
