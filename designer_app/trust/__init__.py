"""Whether a number can be believed: distance to what was learned from, spread, intervals."""
