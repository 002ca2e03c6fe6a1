"""Analysis of finished sweeps."""
