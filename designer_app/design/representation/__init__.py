"""A crystal as tokens: its prototype, an element for each species slot, and a few free numbers."""
