"""The assessment database of the tests of access."""

from tests.access.conftest import empty_database, store

__all__ = ["empty_database", "store"]
