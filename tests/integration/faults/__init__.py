"""What may fail below a running application, and what must hold after it."""
