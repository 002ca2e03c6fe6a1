"""Calls, evaluation and payments of the funding programme."""
