"""Why a rule is true of a customer, or not: what its parts say, which of them decide, what is missing."""
