"""Structure files and trajectories: read, recognised, written safely."""
