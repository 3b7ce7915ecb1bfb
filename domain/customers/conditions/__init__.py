"""What rules can ask of the customer itself."""
