"""The lab: composes scenarios, plans sweeps, runs them, keeps and reads their results."""
