"""Parameters of models: read without running code, and checked against known hashes."""
