"""Writes of the monthly scheduling: topics, meetings, tasks, outcomes, mechanisms, frozen figures."""
