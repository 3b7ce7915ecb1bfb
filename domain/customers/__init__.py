"""Who the customers are: the customer, external references, custom attributes, history."""
