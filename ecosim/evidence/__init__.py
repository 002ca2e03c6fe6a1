"""What is known, and how far the model meets it: patterns, responses to shocks, one country in brief."""
