"""Minsheng: dashboards over the tickets of a city's 12345 hotline."""
