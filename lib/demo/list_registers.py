"""What the demo city keeps beside its lists: notes of visits, warnings, a sample that is looked at again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from lib.assessment_store import AssessmentStore
from lib.commands.lists import reinspections, visits, warnings
from lib.commands.lists.desk import Desk
from lib.demo.list_matters import Matters
from lib.demo.list_plan import Days
from lib.demo.list_player import City, Player
from lib.schema import lists as t

# A moment and what is done then.
Act = tuple[datetime, Callable[[datetime], None]]

_SAMPLE_DAY, _SAMPLE_SIZE, _SAMPLE_DONE = 9, 20, 14
_REVIEW_DAY, _REVIEWED = 6, 5


class Registers:
    """Plans the entries of the registers as acts, as `words` lists them."""

    def __init__(self, store: AssessmentStore, player: Player, city: City, matters: Matters) -> None:
        self._store = store
        self._player = player
        self._city = city
        self._matters = matters

    def acts(self, days: Days) -> list[Act]:
        """Every entry at its moment, in no order."""
        words = self._city.words
        found = [self._at(visit["days"], partial(self._visit, visit)) for visit in words["visits"]]
        found += [self._at(warning["days"], partial(self._warning, warning)) for warning in words["warnings"]]
        found.append(self._at(_SAMPLE_DAY, partial(self._sample, days)))
        found.append(self._at(_SAMPLE_DAY - 3, self._look_again))
        found.append(self._at(_REVIEW_DAY, partial(self._queue, days)))
        found.append(self._at(_REVIEW_DAY - 3, self._review))
        return found

    def _at(self, day: int, take: Callable[[datetime], None]) -> Act:
        return self._player.moment(day, 3), take

    def _visit(self, said: dict[str, Any], now: datetime) -> None:
        desk = self._player.desk("hotline", now)
        command = visits.NoteVisit(desk.today, said["visitor"], said["place"], said["text"])
        note_id = visits.note_visit(self._store, desk, command)
        if said.get("item"):
            visits.visit_to_item(self._store, desk, visits.VisitToItem(note_id, 1, {"problem_type": "other"}))

    def _warning(self, said: dict[str, Any], now: datetime) -> None:
        desk = self._player.desk("supervision", now)
        noted = warnings.NoteWarning(desk.today, said["kind"], said["source"], said["title"], said["text"],
                                     shared_with=said["shared"])  # fmt: skip
        warning_id = warnings.note_warning(self._store, desk, noted)
        if said.get("item"):
            warnings.warning_to_item(self._store, desk, warnings.WarningToItem(warning_id, 1))
        elif "state" in said:
            follow = warnings.FollowWarning(warning_id, 1, said["state"], said["outcome"], said["shared"])
            warnings.follow_warning(self._store, desk, follow)

    def _sample(self, days: Days, now: datetime) -> None:
        keys = self._matters.closed()
        if not keys:
            return
        command = reinspections.DrawSample("近一年已办结的疑难、重办工单", keys, min(_SAMPLE_SIZE, len(keys)), 20260,
                                           days.day(-5))  # fmt: skip
        reinspections.draw_sample(self._store, self._player.desk("supervision", now), command)

    def _look_again(self, now: datetime) -> None:
        self._settle("sample", _SAMPLE_DONE, self._player.desk("supervision", now))

    def _queue(self, days: Days, now: datetime) -> None:
        keys = self._matters.unsatisfied()[:12]
        if not keys:
            return
        command = reinspections.QueueTickets(keys, days.day(-3))
        reinspections.queue_tickets(self._store, self._player.desk("hotline", now), command)

    def _review(self, now: datetime) -> None:
        self._settle("unsatisfied", _REVIEWED, self._player.desk("hotline", now))

    def _settle(self, kind: str, count: int, desk: Desk) -> None:
        """Say of some that are due what was found: most held, some did not."""
        r = t.list_reinspections.c
        with self._store.reading() as conn:
            due = select(r.reinspection_id).where(r.kind == kind, r.done_at.is_(None)).order_by(r.reinspection_id)
            numbers = list(conn.execute(due.limit(count)).scalars())
        for place, number in enumerate(numbers):
            verdict = "relapsed" if place % 6 == 4 else "unreachable" if place % 9 == 8 else "held"
            note = self._city.words["reinspections"][verdict][0]
            reinspections.reinspect(self._store, desk, reinspections.Reinspect(number, verdict, note))
