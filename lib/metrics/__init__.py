"""The metric catalogue and its arithmetic. The only place that divides."""
