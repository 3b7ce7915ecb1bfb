"""Members: the merchant's own staff, whom customers belong to and keys are made for."""
