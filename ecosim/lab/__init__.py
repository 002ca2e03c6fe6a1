"""The lab: composes scenarios, plans sweeps, runs them and keeps their results."""
