"""What is measured: collaboration, innovation, resilience, and who is at risk."""
