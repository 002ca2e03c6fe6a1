"""What ecosim promises about speed and memory, measured as ratios in one run (see README.md)."""
