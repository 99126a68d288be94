"""The assessment database of the tests of access."""

from tests.access.conftest import any_store, demo_accounts, empty_database, postgres_store, store

__all__ = ["any_store", "demo_accounts", "empty_database", "postgres_store", "store"]
