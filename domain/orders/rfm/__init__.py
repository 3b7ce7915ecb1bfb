"""RFM: how recently, how often and for how much customers ordered, as scores beside all others."""
