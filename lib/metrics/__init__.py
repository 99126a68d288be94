"""Metrics: one definition each, one place that divides, one way to show."""
