"""The assessment database of the tests of access."""

from tests.access.conftest import demo_accounts, empty_database

__all__ = ["demo_accounts", "empty_database"]
