"""Read statements in SQLAlchemy Core: (connection, scope) → a documented frame of counts or rows."""
