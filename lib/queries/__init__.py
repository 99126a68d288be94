"""Read SQL: (connection, scope) -> frames of counts or bounded lists. Nothing divides here."""
