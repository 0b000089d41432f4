"""Models that learn: data sets, splits, fits, and the errors they are judged by."""
