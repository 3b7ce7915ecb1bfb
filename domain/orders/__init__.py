"""What customers bought: products, orders with their lines, returns and revisions, exchange rates."""
