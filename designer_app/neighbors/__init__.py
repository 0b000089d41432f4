"""Which atoms are near which: lists of pairs for any cell shape, size and periodicity."""
