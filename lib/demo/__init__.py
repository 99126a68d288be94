"""The demo city, with its injected truths written down."""
