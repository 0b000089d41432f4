"""Whether a potential behaves as one should: checks that need no reference data."""
