"""What customers and the merchant did together besides buying: visits, calls, messages, views."""
