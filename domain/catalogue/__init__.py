"""What the product brings along for merchants to install: templates of segments, and ways to score by RFM."""
