"""What rules can ask of feedback."""
