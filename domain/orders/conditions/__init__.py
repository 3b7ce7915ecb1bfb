"""What rules can ask of orders and their lines."""
