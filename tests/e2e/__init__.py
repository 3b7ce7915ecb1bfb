"""The product as people start it: processes, ports, signals."""
