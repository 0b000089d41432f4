"""Screening: candidates, stability against the convex hull, battery and catalyst numbers."""
