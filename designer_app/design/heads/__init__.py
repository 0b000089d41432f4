"""Property heads on soft tokens: what the search climbs, and how far to trust it."""
