"""Building blocks of the networks: radial bases, cutoffs, message passing, readouts."""
