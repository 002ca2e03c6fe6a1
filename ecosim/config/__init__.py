"""The typed sections of a scenario: every parameter with its unit, its range and where it comes from."""
