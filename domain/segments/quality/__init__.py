"""How good a segment is, by the four principles: measurable, substantial, accessible, differentiable."""
