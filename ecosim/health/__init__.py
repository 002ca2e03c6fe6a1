"""AI for health: outbreaks found, errors by group, benefit and dependence. Pure functions; see ``measures``."""
