"""Plain dataclasses that describe jobs, and registry rows that name implementations."""
