"""Stages: what research leaves to try, its pilots and approvals, scale-up with private money, and use."""
