"""What operators see of a running application."""
