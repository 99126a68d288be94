"""What becomes of the items of the demo city's lists: which step on which day, counted back from the day it is made.

Days are working days before today: 1 is the last one, 0 today, -3 the third to come. Nothing happens later than 1,
so that whoever opens the demo finds it as it was last evening, and limits lie before and after today in a mix that
shows every light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from lib.lists.due import WorkingDays
from lib.lists.process import PROBLEM, SUPERVISION

# About eight months of work.
OLDEST = 165
# Usual limits of the demo's lists, in working days.
USUAL = {PROBLEM: 10, SUPERVISION: 15}
_REINSPECTED_AFTER = {30: 21, 90: 64}  # Calendar days → about so many working days.


@dataclass(frozen=True)
class Event:
    """One step: days as above, and what it says beyond the words that are drawn when it is taken."""

    days: int
    step: str
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """The life of one item. successor: the supervision item that a hand-over becomes. traits: what is special about
    it from the beginning: instruction, sponsor, hard, own_unit.
    """

    kind: str
    events: list[Event]
    traits: frozenset[str] = frozenset()
    successor: Plan | None = None


class Days:
    """Working days counted back from today."""

    def __init__(self, working: WorkingDays, today: date) -> None:
        self._working = working
        self._today = today
        self._past = [today]

    def day(self, days: int) -> date:
        """The working day that lies so many before today; ahead for negative numbers."""
        if days <= 0:
            return self._working.after(self._today, -days)
        while len(self._past) <= days:
            day = self._past[-1] - timedelta(days=1)
            while not self._working.is_one(day):
                day -= timedelta(days=1)
            self._past.append(day)
        return self._past[days]


Fate = Callable[["Dice", str], list[Event]]


class Dice:
    """Draws from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True in that share of the throws."""
        return bool(self.rng.random() < share)


def _opened(dice: Dice, start: int, due: int) -> list[Event]:
    """Proposed, listed, and assigned on day `start` with the limit on day `due`."""
    listed = start + dice.between(0, 1)
    return [Event(listed + dice.between(0, 2), "add"), Event(listed, "enlist"), Event(start, "assign", {"due": due})]


def _signed(dice: Dice, start: int, due: int) -> list[Event]:
    return [*_opened(dice, start, due), Event(max(1, start - dice.between(0, 2)), "sign")]


def _reported(dice: Dice, first: int, last: int, every: int = 5) -> list[Event]:
    """Reports from day `first` on, the last not after day `last`."""
    return [Event(day, "report") for day in range(first, max(last, 1) - 1, -dice.between(every - 1, every + 2))]


def normal(dice: Dice, kind: str) -> list[Event]:
    """Under way, the limit well ahead."""
    start, due = dice.between(3, 7), -dice.between(5, USUAL[kind] + 1)
    return [*_signed(dice, start, due), *_reported(dice, start - 3, 1)]


def near(dice: Dice, kind: str) -> list[Event]:
    """Under way, the limit within three working days."""
    start, due = USUAL[kind] - dice.between(0, 2), -dice.between(0, 3)
    urged = [Event(1, "urge")] if dice.chance(0.4) else []
    return [*_signed(dice, start, due), *_reported(dice, start - 4, 2), *urged]


def overdue(dice: Dice, kind: str) -> list[Event]:
    """Under way, the limit gone by, urged again and again; raised to the next level when it lasts."""
    due = [1, 2, 3, 5, 8, 12, 18, 30][dice.between(0, 7)]
    start = due + USUAL[kind]
    urged = [Event(day, "urge") for day in (due - 1, due - 4, due - 8) if day >= 1]
    raised = [Event(max(1, due - 9), "escalate")] if due >= 8 else []
    whistled = [Event(start - 5, "whistle"), Event(start - 7, "arrive")] if dice.chance(0.3) else []
    return [*_signed(dice, start, due), *_reported(dice, start - 4, 1, 7), *urged, *raised, *whistled]


def extended(dice: Dice, kind: str) -> list[Event]:
    """Under way with an extension granted."""
    start = USUAL[kind] + dice.between(2, 5)
    asked = start - USUAL[kind] + 3
    ask = Event(asked, "ask_extension", {"wanted": -dice.between(4, 9)})
    decided = Event(asked - 1, "decide_extension", {"verdict": "granted"})
    return [*_signed(dice, start, start - USUAL[kind]), *_reported(dice, start - 4, 1), ask, decided]


def extension_asked(dice: Dice, kind: str) -> list[Event]:
    """Under way, an extension waiting for its verdict."""
    ask = Event(1, "ask_extension", {"wanted": -dice.between(8, 12)})
    return [*_signed(dice, USUAL[kind] - 2, -2), *_reported(dice, USUAL[kind] - 5, 2), ask]


def objected(dice: Dice, kind: str) -> list[Event]:
    """The unit says it is not its duty; waiting for the verdict."""
    return [*_opened(dice, 2, 2 - USUAL[kind]), Event(1, "object_duty")]


def moved(dice: Dice, kind: str) -> list[Event]:
    """Went to another unit after an objection."""
    start = dice.between(7, 9)
    decided = [Event(start - 2, "object_duty"), Event(start - 3, "decide_duty"), Event(start - 4, "sign")]
    return [*_opened(dice, start, start - USUAL[kind] - 4), *decided, Event(1, "report")]


def waiting(dice: Dice, kind: str) -> list[Event]:
    """Assigned, not signed for."""
    start = dice.between(1, 3)
    return _opened(dice, start, start - USUAL[kind])


def listed(dice: Dice, kind: str) -> list[Event]:
    """On the list, not assigned."""
    start = dice.between(1, 3)
    return [Event(start + 1, "add"), Event(start, "enlist")]


def proposed(dice: Dice, kind: str) -> list[Event]:
    """Waiting to be put on the list."""
    return [Event(dice.between(1, 3), "add")]


def declined(dice: Dice, kind: str) -> list[Event]:
    """Not put on the list."""
    day = dice.between(5, 90)
    return [Event(day, "add"), Event(day - 2, "decline")]


def voided(dice: Dice, kind: str) -> list[Event]:
    """Entered by mistake."""
    day = dice.between(5, 60)
    return [Event(day, "add"), Event(day - 1, "void")]


def suspended(dice: Dice, kind: str) -> list[Event]:
    """Put aside until a day to come."""
    start = dice.between(35, 55)
    ask = Event(start - 9, "ask_suspension", {"review": -dice.between(15, 40)})
    return [*_signed(dice, start, start - USUAL[kind]), Event(start - 4, "report"), ask,
            Event(start - 10, "decide_suspension")]  # fmt: skip


def closing(dice: Dice, kind: str) -> list[Event]:
    """Close-out asked for, waiting for the second person."""
    start = dice.between(6, USUAL[kind] - 1)
    return [*_signed(dice, start, start - USUAL[kind]), *_reported(dice, start - 3, 2), Event(1, "evidence"),
            Event(1, "ask_close_out")]  # fmt: skip


def closed(dice: Dice, kind: str, start: int | None = None) -> list[Event]:
    """Closed out, mostly on time; looked at again when its days come; some came back."""
    usual = USUAL[kind]
    start = dice.between(usual + 8, OLDEST) if start is None else start
    is_late = dice.chance(0.2)
    took = dice.between(usual + 2, usual + 6) if is_late else dice.between(usual // 2, usual)
    end = max(2, start - took)
    events = [*_signed(dice, start, start - usual), *_reported(dice, start - 3, end + 2)]
    if is_late:
        events.append(Event(start - usual - 1, "urge"))
    events += _closed_out(end, refused=not is_late and start - end > 6 and dice.chance(0.25))
    again = [(days, end - later) for days, later in _REINSPECTED_AFTER.items() if end - later >= 1]
    for days, day in again:
        if day <= 4 and dice.chance(0.6):
            continue  # Still on somebody's table.
        relapsed = days == 30 and dice.chance(0.2)
        verdict = "relapsed" if relapsed else "unreachable" if dice.chance(0.06) else "held"
        events.append(Event(day, "reinspect", {"kind": f"day{days}", "verdict": verdict}))
        if relapsed and day >= 3:
            events.append(Event(day - 1, "reopen", {"due": day - 1 - usual}))
            if day > usual:
                events += [Event(day - 4, "report"), *_closed_out(day - usual + 2, refused=False)]
            elif day > 5:
                events.append(Event(day - 4, "report"))
            break
    return events


def _closed_out(end: int, *, refused: bool) -> list[Event]:
    asked = [Event(end + 1, "evidence"), Event(end + 1, "ask_close_out"),
             Event(end, "verify_close_out", {"verdict": "granted"})]  # fmt: skip
    if not refused:
        return asked
    before = [Event(end + 4, "evidence"), Event(end + 4, "ask_close_out"),
              Event(end + 3, "verify_close_out", {"verdict": "refused"})]  # fmt: skip
    return [*before, *asked]


def _handed_over(dice: Dice, day: int, receivers: tuple[str, ...], answers: Mapping[str, bool]) -> list[Event]:
    """Late on the 问题清单 and handed over on that day; answers: receiver → whether it signed, the day after."""
    start = day + USUAL[PROBLEM] + dice.between(1, 6)
    events = [*_signed(dice, start, start - USUAL[PROBLEM]), *_reported(dice, start - 4, day + 2),
              Event(day + 1, "urge"), Event(day, "hand_over", {"receivers": receivers})]  # fmt: skip
    return [*events, *(Event(day - 1, "receive", {"receiver": r, "accepted": yes}) for r, yes in answers.items())]


FATES: Mapping[str, tuple[tuple[Fate, int], ...]] = {
    PROBLEM: (
        (closed, 20), (closing, 3), (normal, 5), (near, 3), (overdue, 3), (extended, 1), (waiting, 2), (objected, 1),
        (listed, 3), (proposed, 4), (declined, 2), (voided, 1), (suspended, 1),
    ),
    SUPERVISION: (
        (closed, 34), (closing, 5), (normal, 7), (near, 4), (overdue, 6), (extended, 2), (extension_asked, 2),
        (moved, 1), (waiting, 3), (objected, 1), (listed, 2), (proposed, 2), (declined, 1), (voided, 1), (suspended, 2),
    ),
}  # fmt: skip


def plans(rng: np.random.Generator) -> list[Plan]:
    """Every item of both lists, in no order."""
    dice = Dice(rng)
    found = [
        Plan(kind, fate(dice, kind), _traits(dice, kind))
        for kind, fates in FATES.items()
        for fate, count in fates
        for _ in range(count)
    ]
    return [*found, *_hand_overs(dice)]


def _traits(dice: Dice, kind: str) -> frozenset[str]:
    said = {"instruction": 0.28 if kind == SUPERVISION else 0.04, "hard": 0.2, "sponsor": 0.15, "own_unit": 0.12}
    return frozenset(trait for trait, share in said.items() if dice.chance(share))


def _hand_overs(dice: Dice) -> list[Plan]:
    """Items of the 问题清单 that were handed over: most became items of the 督办清单."""
    found = []
    further: tuple[Fate | None, ...] = (closed, closed, closed, normal, normal, near, overdue, closing, waiting, None)
    for fate in further:
        successor = Plan(SUPERVISION, _after_receipt(dice, fate), frozenset({"hard"} if dice.chance(0.4) else ()))
        day = max((event.days for event in successor.events), default=1) + 2
        also = dice.chance(0.2)
        receivers = ("supervision", "discipline") if also else ("supervision",)
        answers = dict.fromkeys(receivers, True)
        found.append(Plan(PROBLEM, _handed_over(dice, day, receivers, answers), frozenset(), successor))
    found += [Plan(PROBLEM, _handed_over(dice, dice.between(1, 2), ("supervision",), {})) for _ in range(2)]
    found.append(Plan(PROBLEM, _handed_over(dice, dice.between(20, 40), ("discipline",), {"discipline": True})))
    found.append(Plan(PROBLEM, _handed_over(dice, 4, ("supervision",), {"supervision": False})))
    return found


def _after_receipt(dice: Dice, fate: Fate | None) -> list[Event]:
    """The rest of a life that begins on the list: without being proposed and put there."""
    if fate is None:
        return []
    return [event for event in fate(dice, SUPERVISION) if event.step not in ("add", "enlist")]
