"""Names and rules for tests of ledgers and rows."""

from __future__ import annotations

from datetime import date

from lib.lists.cells import Names
from lib.lists.fields import fields_of
from lib.lists.ledger import columns
from lib.lists.profile import load_lists
from lib.lists.round_trip import Standing

PROFILE = load_lists("demo")
TODAY = date(2026, 11, 2)
NAMES = Names(
    units={"U1": "示例市住建局", "U2": "示例市城管局", "U3": "东湖区水务局", "U4": "物业科", "U5": "物业科"},
    districts={"D1": "东湖区", "D2": "西河县"},
    categories={"C1": "城乡建设/供热/温度不达标", "C2": "城乡建设/物业/温度不达标", "C3": "交通/公交"},
)
RULES = fields_of("supervision", PROFILE)


def cells(**said: str) -> dict[str, str]:
    """The cells of one item of the 督办清单; what is not said is empty."""
    return {column.key: "" for column in columns("supervision", PROFILE)} | said


def standing(version: int = 3, state: str = "listed", **said: str) -> Standing:
    """An item as it stands."""
    return Standing(version, state, cells(**said))
