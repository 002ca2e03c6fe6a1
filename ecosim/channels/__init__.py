"""Channels between countries: starting values from facts, and the month's handles built from them."""
