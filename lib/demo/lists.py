"""The dual lists of the demo city: filled once, by the commands that people use, up to the evening before today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import yaml
from sqlalchemy import Connection, func, select

from lib.access.accounts import demo_account
from lib.access.moments import city_time, utc
from lib.assessment_store import AssessmentStore, open_assessment
from lib.city import load_city
from lib.config import CITIES_DIR, DEMO_CITY, Settings
from lib.demo.list_matters import Matters
from lib.demo.list_plan import Days, Event, Plan, plans
from lib.demo.list_player import City, Life, Player
from lib.demo.list_registers import Act, Registers
from lib.lists.profile import load_lists
from lib.schema import lists as t
from lib.schema import scheduling as s
from lib.schema import tickets
from lib.schema.list_terms import LIST_KINDS
from lib.store import open_store

# Who works on the demo's lists: roles and second persons.
PEOPLE = ("hotline", "hotline-2", "supervision", "supervision-2", "discipline")
# The level of the unit that the demo's unit account speaks for.
_DEPARTMENTS = 2


@dataclass(frozen=True)
class OneTransaction(AssessmentStore):
    """The store as commands know it, each of them within the same transaction: either all lists stand or none, and
    the disk is waited for once.
    """

    conn: Connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The one connection."""
        yield self.conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one connection."""
        yield self.conn


def fill_lists(settings: Settings, seed: int, now: datetime | None = None) -> dict[str, int] | None:
    """Fill the lists of the demo pair; returns list → items, None where they hold something already, which stays.

    The same seed, demo city and day give the same lists. Raises what opening the databases raises.
    """
    store = open_assessment(settings, "demo")
    try:
        with store.writing() as conn:
            # Tasks of the demo's meetings stand already: they come first, their days lie before.
            of_meetings = select(s.meeting_tasks.c.item_id).where(s.meeting_tasks.c.item_id.is_not(None))
            found = select(t.list_items.c.item_id).where(t.list_items.c.item_id.not_in(of_meetings)).limit(1)
            if conn.execute(found).first() is not None:
                return None
            _play(settings, OneTransaction(store.engine, store.pair, conn), seed, now or datetime.now(UTC))
            counted = conn.execute(select(t.list_items.c.list_kind, func.count()).group_by(t.list_items.c.list_kind))
            return {str(kind): int(count) for kind, count in counted}
    finally:
        store.dispose()


def said(made: dict[str, int] | None) -> str:
    """What came of it, for the command line."""
    if made is None:
        return "双清单中已有内容，保持不变"
    return "双清单已生成：" + "，".join(f"{label} {made.get(kind, 0)} 项" for kind, label in LIST_KINDS.items())


def _play(settings: Settings, store: OneTransaction, seed: int, now: datetime) -> None:
    rng = np.random.default_rng([seed, 9])
    profile = load_lists(DEMO_CITY)
    days = Days(profile.days, city_time(utc(now)).date())
    opened = open_store(settings, "demo")
    try:
        with opened.engine.connect() as conn:
            matters = Matters(conn, days.day(0), opened.pointer.as_of, _remedies())
            city = _city(conn)
    finally:
        opened.dispose()
    player = Player(store, city, days, rng)
    acts = [act for plan in _by_age(plans(rng)) for act in _of_plan(player, plan, matters)]
    acts += Registers(store, player, city, matters).acts(days)
    acts.sort(key=lambda act: act[0])
    for key in PEOPLE:
        demo_account(store.conn, key, None, acts[0][0])
    for moment, take in acts:
        take(moment)


def _by_age(found: list[Plan]) -> list[Plan]:
    """Oldest first, so that each takes its matter from what was known then."""
    return sorted(found, key=lambda plan: -plan.events[0].days)


def _of_plan(player: Player, plan: Plan, matters: Matters) -> list[Act]:
    """The steps of an item, and of the one that it becomes when it is handed over."""
    life = player.begin(plan, matters)
    if life is None:
        return []
    if plan.successor is None:
        return _acts(player, life, None)
    successor = Life(plan.successor, life.matter)
    return [*_acts(player, life, successor), *_acts(player, successor, None)]


def _acts(player: Player, life: Life, successor: Life | None) -> list[Act]:
    of_day: Counter[int] = Counter()
    acts: list[Act] = []
    for event in sorted(life.plan.events, key=lambda event: -event.days):
        acts.append((player.moment(event.days, of_day[event.days]), _taken(player, life, event, successor)))
        of_day[event.days] += 1
    return acts


def _taken(player: Player, life: Life, event: Event, successor: Life | None) -> Callable[[datetime], None]:
    def take(now: datetime) -> None:
        made = player.play(life, event, now)
        if made is not None and successor is not None:
            successor.item_no = made

    return take


def _remedies() -> dict[str, str]:
    """Second-level category → remedy of the demo city's matters."""
    frame = pd.read_csv(CITIES_DIR / DEMO_CITY / "matters.csv", dtype=str)
    return dict(zip(frame["category2_code"], frame["remedy"], strict=True))


def _city(conn: Connection) -> City:
    """What the steps need to know. The unit that the demo's unit account speaks for is the busiest department."""
    units = load_city(DEMO_CITY).units
    departments = units.loc[(units["level"] == _DEPARTMENTS) & (units["unit_code"] != "S00"), "unit_code"]
    parents = set(units["parent_code"].dropna())
    c = tickets.tickets.c
    busy = (
        select(c.unit_code)
        .where(c.unit_code.in_([code for code in departments if code in parents]))
        .group_by(c.unit_code)
        .order_by(func.count().desc(), c.unit_code)
    )
    own = conn.execute(busy.limit(1)).scalar()
    below = units.loc[(units["parent_code"] == own) | (units["unit_code"] == own), "unit_code"]
    words = yaml.safe_load((CITIES_DIR / DEMO_CITY / "list_words.yaml").read_text("utf-8"))
    names = dict(zip(units["unit_code"], units["name"], strict=True))
    return City(load_lists(DEMO_CITY), names, frozenset(below), tuple(departments[:25]), words)
