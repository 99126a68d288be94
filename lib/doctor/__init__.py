"""`python -m lib doctor`: looks at a machine, a data folder or a database server and says what to do."""
