"""What rules are judged by: a made-up shop, the meaning of rules in plain Python, and random rules."""
