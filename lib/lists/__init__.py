"""The dual lists as rules: who may take which step, when things are due, what the city decides. No SQL, no pages."""
