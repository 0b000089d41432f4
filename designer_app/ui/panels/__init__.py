"""What can be done in each workspace, and what surrounds the picture."""
