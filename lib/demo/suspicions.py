"""A generated city whose suspicious units are written down, with cases that only look suspicious.

Tickets of a small demo city are changed before it is published. Nothing here knows how the rules look for them: sizes,
dates, wordings and units are drawn. The demo city's own units that deceive (injected_truths) are cases, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, select

from lib.city import load_city
from lib.config import DEMO_CITY, Settings
from lib.demo import suspicion_texts as words
from lib.demo.generate import DemoOptions, fill
from lib.demo.places import read_phrases
from lib.demo.plan import make_plan
from lib.ingest.bulk import insert_frame
from lib.ingest.draft import Draft, new_version
from lib.schema import tickets as t

WINDOW_DAYS = 90
# A unit must answer that many tickets in the window before something is injected there.
BUSY = 90
NOT_A_PROBLEM = ("咨询", "建议", "表扬")


@dataclass(frozen=True)
class Case:
    """tickets of one unit that deserve a suggestion of `rule` (is_true) or only look as if (near-miss)."""

    rule: str
    is_true: bool
    unit_code: str
    tickets: frozenset[int]
    note: str


def make_city(settings: Settings, options: DemoOptions) -> list[Case]:
    """Generate and publish the city as the demo pair of these (temporary) settings; returns what was hidden in it."""
    city = load_city(DEMO_CITY)
    plan = make_plan(city, options.first, options.end + timedelta(days=1), options.monthly, options.seed)
    with new_version(settings, "demo", city.name, options.as_of, is_demo=True, repeat_days=city.rules.repeat_days) as d:
        fill(d, city, plan, options, lambda done, total, step: None)
        hiding = _Hiding(d, np.random.default_rng([options.seed, 77]), options)
        return hiding.own_truths(str(read_phrases(city)["one_reply_for_all"])) + hiding.all()


class _Hiding:
    """Draws units and tickets, changes them in the draft, and writes down what was done."""

    def __init__(self, draft: Draft, rng: np.random.Generator, options: DemoOptions) -> None:
        self.draft, self.rng, self.as_of = draft, rng, pd.Timestamp(options.as_of)
        closed = _closed(draft.conn, draft, options)
        # What is changed must be over by the extraction, and not under way a second time.
        over = (closed["round_count"] == 1) & (closed["due_at"] < self.as_of) & (closed["due_at"] >= closed["since"])
        self.closed, self.frame = closed, closed[over]
        truths = _rows(draft.conn, select(t.injected_truths.c.kind, t.injected_truths.c.unit_code))
        self.truths = truths[truths["unit_code"].notna()]
        answered = self.frame[~self.frame["request_type"].isin(NOT_A_PROBLEM)]
        sizes = answered["unit_code"].value_counts()
        free = sizes[(sizes >= BUSY) & ~sizes.index.isin([*self.truths["unit_code"], t.UNMAPPED])]
        self.free = [str(code) for code in rng.permutation(np.array(sorted(free.index), dtype=object))]
        self.answered = answered
        self.used: set[int] = set()

    def own_truths(self, phrase: str) -> list[Case]:
        """What the demo city itself hides: one reply for all, and batches within the last hour."""
        found = []
        same = self.closed[self.closed["reply"] == phrase]
        for unit in self.truths.loc[self.truths["kind"].isin(("fake_closure", "gaming")), "unit_code"]:
            mine = same[(same["unit_code"] == unit) & ~same["request_type"].isin(NOT_A_PROBLEM)]
            found.append(Case("template_reply", True, unit, frozenset(mine["ticket_id"]), "demo: one reply for all"))
        left = same["due_at"] - same["closed_at"]
        late = same[left.between(pd.Timedelta(0), pd.Timedelta(hours=1))]
        for unit in self.truths.loc[self.truths["kind"] == "gaming", "unit_code"]:
            mine = late[late["unit_code"] == unit]
            found.append(Case("bulk_closing", True, unit, frozenset(mine["ticket_id"]), "demo: last hour, in a batch"))
        return found

    def all(self) -> list[Case]:
        """Every kind of case, each in a unit of its own."""
        makers: list[Callable[[], Case]] = [lambda text=text: self.template(text) for text in words.TEMPLATES]  # type: ignore[misc]
        makers += [self.batches] * 8
        makers += [self.storm] * 4 + [self.one_place] * 2 + [self.season] * 2 + [self.frame_text] * 3
        makers += [self.few_alike] * 2 + [self.storm_batch] * 3 + [self.weekly] * 3 + [self.last_day] * 3
        makers += [self.few_batches] * 2 + [self.silent] * 3
        self.lose_tickets()
        return [make() for make in makers if self.free]

    # --- replies ------------------------------------------------------------------------------

    def template(self, text: str) -> Case:
        """A unit puts one text under a part of its tickets, whatever they are about."""
        unit, mine = self._unit()
        count = max(18, round(len(mine) * self.rng.uniform(0.12, 0.5)))
        rows = mine.sample(min(count, len(mine)), random_state=self._seed())
        self._reply(rows, [words.filled(self.rng, text, str(title)) for title in rows["title"]])
        return Case("template_reply", True, unit, frozenset(rows["ticket_id"]), f"template: {text[:12]}")

    def storm(self) -> Case:
        """One event: many tickets of one matter within days, one honest answer."""
        unit, mine = self._unit()
        rows = mine.sample(min(len(mine), int(self.rng.integers(20, 60))), random_state=self._seed())
        start = self.as_of - pd.Timedelta(days=float(self.rng.uniform(20, 80)))
        received = start + pd.to_timedelta(self.rng.uniform(0, 60, len(rows)), unit="h")
        text = words.filled(self.rng, str(self.rng.choice(words.EVENTS)))
        self._reply(rows, [text] * len(rows))
        self._tickets(rows, received_at=received, **self._one_matter(rows))
        return self._near("template_reply", unit, rows, "one event, one answer")

    def one_place(self) -> Case:
        """One building site over weeks."""
        unit, mine = self._unit()
        rows = mine.sample(min(len(mine), int(self.rng.integers(18, 45))), random_state=self._seed())
        self._reply(rows, [str(self.rng.choice(words.PLACES))] * len(rows))
        self._tickets(rows, place_key=f"site-{unit}")
        return self._near("template_reply", unit, rows, "one place over weeks")

    def season(self) -> Case:
        """One matter that concerns many, over weeks and all over the city."""
        unit, mine = self._unit()
        rows = mine.sample(max(16, round(len(mine) * self.rng.uniform(0.12, 0.25))), random_state=self._seed())
        self._reply(rows, [str(self.rng.choice(words.SEASONS))] * len(rows))
        self._tickets(rows, **self._one_matter(rows))
        return self._near("template_reply", unit, rows, "one matter explained alike")

    def frame_text(self) -> Case:
        """A polite frame around different substance."""
        unit, mine = self._unit()
        begins, ends = words.FRAMES[int(self.rng.integers(0, len(words.FRAMES)))]
        self._reply(mine, [f"{begins}{reply}{ends}" for reply in mine["reply"]])
        return self._near("template_reply", unit, mine, "a frame around substance")

    def few_alike(self) -> Case:
        """The same text a few times."""
        unit, mine = self._unit()
        rows = mine.sample(int(self.rng.integers(5, 13)), random_state=self._seed())
        self._reply(rows, [words.TEMPLATES[1]] * len(rows))
        return self._near("template_reply", unit, rows, "too few alike")

    # --- closings -----------------------------------------------------------------------------

    def batches(self) -> Case:
        """A unit closes what falls due in batches just before the limit, day after day."""
        unit, mine = self._unit()
        wanted = max(16, round(len(mine) * self.rng.uniform(0.2, 0.6)))
        days = [part for _, part in mine.groupby(mine["due_at"].dt.normalize()) if len(part) >= 4]
        self.rng.shuffle(days)
        chosen: list[pd.DataFrame] = []
        while days and sum(map(len, chosen)) < wanted:
            chosen.append(days.pop())
        if sum(map(len, chosen)) < 16:
            return self.batches() if self.free else self._near("bulk_closing", unit, mine.iloc[:0], "too small a unit")
        for part in chosen:
            moment = pd.Timedelta(minutes=float(self.rng.uniform(6, 105)))
            self._close(part, part["due_at"].min() - moment + self._within(part, minutes=5))
        rows = pd.concat(chosen)
        return Case("bulk_closing", True, unit, frozenset(rows["ticket_id"]), f"{len(chosen)} batches")

    def storm_batch(self) -> Case:
        """One event, received within two days, finished together on the last afternoon."""
        unit, mine = self._unit()
        rows = mine.sample(min(len(mine), int(self.rng.integers(18, 50))), random_state=self._seed())
        start = (self.as_of - pd.Timedelta(days=float(self.rng.uniform(25, 75)))).normalize()
        received = start + pd.to_timedelta(self.rng.uniform(7, 44, len(rows)), unit="h")
        due = pd.Series(start + pd.Timedelta(days=9, hours=18), index=rows.index)
        closed = due - pd.Timedelta(minutes=float(self.rng.uniform(20, 100))) + self._within(rows, minutes=9)
        self._tickets(rows, received_at=received, dispatched_at=received + pd.Timedelta(hours=1), due_at=due,
                      closed_at=closed, **self._one_matter(rows))  # fmt: skip
        return self._near("bulk_closing", unit, rows, "one event, finished on the last afternoon")

    def weekly(self) -> Case:
        """A clerk enters the week's closings together, days before the limits."""
        unit, mine = self._unit()
        for _, part in mine.groupby(mine["due_at"].dt.to_period("W").astype(str)):
            early = pd.Timedelta(hours=float(self.rng.uniform(20, 60)))
            self._close(part, part["due_at"].min() - early + self._within(part, minutes=8))
        return self._near("bulk_closing", unit, mine, "entered together, days before the limit")

    def last_day(self) -> Case:
        """Work is finished on the last day, each ticket at its own time."""
        unit, mine = self._unit()
        rows = mine.sample(round(len(mine) * self.rng.uniform(0.2, 0.5)), random_state=self._seed())
        self._close(rows, rows["due_at"] - pd.to_timedelta(self.rng.uniform(5, 480, len(rows)), unit="min"))
        return self._near("bulk_closing", unit, rows, "on the last day, one by one")

    def few_batches(self) -> Case:
        """Two small batches in three months."""
        unit, mine = self._unit()
        days = [part for _, part in mine.groupby(mine["due_at"].dt.normalize()) if len(part) >= 3][:2]
        for part in days:
            self._close(part.iloc[:4], part["due_at"].iloc[:4] - pd.Timedelta(minutes=30))
        rows = pd.concat([part.iloc[:4] for part in days]) if days else mine.iloc[:0]
        return self._near("bulk_closing", unit, rows, "two small batches")

    # --- contacts -----------------------------------------------------------------------------

    def silent(self) -> Case:
        """A unit closes without having called anybody."""
        unit, mine = self._unit()
        rows = mine.sample(max(14, round(len(mine) * self.rng.uniform(0.25, 0.7))), random_state=self._seed())
        self._tickets(rows, first_contacted_at=pd.Series(pd.NaT, index=rows.index))
        return Case("no_contact", True, unit, frozenset(rows["ticket_id"]), "nobody was called")

    def lose_tickets(self) -> None:
        """Open tickets sent from unit to unit: some that nobody has taken since, some taken in the end, some without
        any unit. Which is which stands in the rows themselves.
        """
        c = t.tickets.c
        still = select(c.ticket_id, c.received_at).where(
            c.handling_type == t.REFERRED, c.is_closed.is_(False), c.received_at < self.as_of - pd.Timedelta(days=8)
        )
        rows = _rows(self.draft.conn, still.order_by(c.ticket_id)).sample(24, random_state=self._seed())
        counts = self.rng.integers(2, 6, len(rows))
        self._tickets(rows, transfer_count=counts)
        self._tickets(rows.iloc[:5], unit_code=t.UNMAPPED)
        moved = self.as_of - pd.to_timedelta(self.rng.uniform(24, 96, len(rows)), unit="h").floor("s")
        events = pd.DataFrame({"segment_no": self.draft.segment_no, "ticket_id": rows["ticket_id"], "event_no": 90,
                               "kind": "transfer", "happened_at": moved})  # fmt: skip
        taken = events.iloc[::3].assign(event_no=91, kind="acknowledge")
        insert_frame(self.draft.conn, self.draft.events, pd.concat([
            events, taken.assign(happened_at=taken["happened_at"] + pd.Timedelta(hours=3))
        ]))  # fmt: skip

    # --- how ----------------------------------------------------------------------------------

    def _unit(self) -> tuple[str, pd.DataFrame]:
        unit = self.free.pop()
        mine = self.answered[self.answered["unit_code"] == unit]
        return unit, mine

    def _near(self, rule: str, unit: str, rows: pd.DataFrame, note: str) -> Case:
        return Case(rule, False, unit, frozenset(rows["ticket_id"]), note)

    def _seed(self) -> int:
        return int(self.rng.integers(0, 2**31))

    def _within(self, rows: pd.DataFrame, *, minutes: float) -> Any:
        return pd.to_timedelta(self.rng.uniform(0, minutes, len(rows)), unit="min").floor("s")

    def _one_matter(self, rows: pd.DataFrame) -> dict[str, Any]:
        """The categories of one of the tickets, for all of them."""
        first = rows[rows["category2_code"] != t.UNMAPPED].iloc[0]
        return {"category2_code": first["category2_code"], "category_code": first["category_code"]}

    def _close(self, rows: pd.DataFrame, wanted: Any) -> None:
        closed = pd.Series(wanted, index=rows.index)
        # Nobody closes before the ticket was sent to him.
        earliest = rows["dispatched_at"] + pd.Timedelta(minutes=10)
        self._tickets(rows, closed_at=closed.where(closed > earliest, earliest).dt.floor("s"))

    def _reply(self, rows: pd.DataFrame, replies: list[str]) -> None:
        self._change(self.draft.texts, pd.DataFrame({"ticket_id": rows["ticket_id"], "reply": replies}))

    def _tickets(self, rows: pd.DataFrame, **columns: Any) -> None:
        changed = pd.DataFrame({"ticket_id": rows["ticket_id"]}).assign(**columns)
        self._change(t.tickets, changed)

    def _change(self, table: Any, rows: pd.DataFrame) -> None:
        raw: duckdb.DuckDBPyConnection = self.draft.conn.connection.dbapi_connection  # type: ignore[assignment]
        raw.register("changed_rows", rows.reset_index(drop=True))
        where = f"{table.schema}.{table.name}" if table.schema else table.name
        sets = ", ".join(f"{name} = v.{name}" for name in rows.columns if name != "ticket_id")
        raw.execute(f"UPDATE {where} AS x SET {sets} FROM changed_rows AS v WHERE x.ticket_id = v.ticket_id")
        raw.unregister("changed_rows")


def _closed(conn: Connection, draft: Draft, options: DemoOptions) -> pd.DataFrame:
    """Referred tickets closed in the window, with their reply; restricted classes left out."""
    c, x = t.tickets.c, draft.texts.c
    since = options.as_of - timedelta(days=WINDOW_DAYS)
    columns = (c.ticket_id, c.unit_code, c.request_type, c.category2_code, c.category_code, c.received_at,
               c.dispatched_at, c.due_at, c.closed_at, c.round_count)  # fmt: skip
    frame = _rows(
        conn,
        select(*columns, x.reply, x.title)
        .join(draft.texts, x.ticket_id == c.ticket_id)
        .where(c.handling_type == t.REFERRED, c.is_closed, c.closed_at >= since, c.closed_at < options.as_of)
        .where(c.restricted_class.is_(None))
        .order_by(c.ticket_id),
    ).assign(since=pd.Timestamp(since))
    for name in ("received_at", "dispatched_at", "due_at", "closed_at"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def _rows(conn: Connection, statement: Select[Any]) -> pd.DataFrame:
    result = conn.execute(statement)
    return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
