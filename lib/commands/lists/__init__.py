"""Writes of the dual lists. Every handler takes the store, the command and the Desk: who acts, when, how far."""
