"""Benches of the science: `rows(quick, say)` yields a dict a row, ours and the peer together."""
