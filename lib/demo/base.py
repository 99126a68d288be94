"""From planned counts to people who call: one row per ticket in the order of time.

Everything that looks back at earlier tickets is decided here: who calls again on the same matter,
who urges, and where. All later choices are functions of a row's number (see facts).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from lib.city import City
from lib.demo import seasons
from lib.demo.places import PLACES_PER_TOWNSHIP
from lib.demo.plan import Plan
from lib.demo.truths import Truth
from lib.schema.tickets import REQUEST_TYPES

DAY = 86_400
REPEAT_WITHIN = 29 * DAY
URGE_WITHIN = 6 * DAY
DESK_ROW, REFERRED_ROW, URGING_ROW = 0, 1, 2

REPEAT_SHARE = 0.075
URGING_SHARE = 0.02
NO_PHONE_SHARE = 0.04
SAME_PLACE_SHARE = 0.8
PEOPLE_PER_TICKET = 0.4
# Request types of what is not an enquiry, in the order of REQUEST_TYPES after 咨询.
OTHER_TYPES = (0.42, 0.40, 0.08, 0.055, 0.02, 0.025)
# Share answered at the desk by request type, in the order of REQUEST_TYPES.
DESK_SHARE = (0.955, 0.55, 0.36, 0.25, 0.75, 0.95, 0.80)
NO_TOWNSHIP = -1


def make_base(city: City, plan: Plan, seed: int) -> pa.Table:
    """One row per ticket, by time. Columns: i (1, 2, …), s (second since 1970 of the acceptance), cat,
    dist (rows of plan.matters and city.districts), req, ht (0 desk, 1 referred, 2 urging), parent (i of
    the urged ticket or 0), requester (0 is unknown), town (row of city.townships or −1), place.
    """
    rng = np.random.default_rng([seed, 2])
    _, categories, districts = plan.counts.shape
    cell = np.repeat(np.arange(plan.counts.size, dtype=np.int64), plan.counts.ravel())
    day, cat, dist = cell // (categories * districts), cell // districts % categories, cell % districts
    start = int((datetime(plan.first.year, plan.first.month, plan.first.day) - datetime(1970, 1, 1)).total_seconds())
    second = start + day * DAY + _seconds_of_day(rng, plan, cat)
    order = np.argsort(second, kind="stable")
    second, cat, dist = second[order], cat[order], dist[order]
    rows = len(second)

    enquiry = np.clip(plan.matters["enquiry_share"].to_numpy() * 1.7 + 0.14, 0, 0.92)
    other = 1 + np.searchsorted(np.cumsum(OTHER_TYPES[:-1]), rng.random(rows))
    req = np.where(rng.random(rows) < enquiry[cat], REQUEST_TYPES.index("咨询"), other).astype(np.int8)
    ht = np.where(rng.random(rows) < np.array(DESK_SHARE)[req], DESK_ROW, REFERRED_ROW).astype(np.int8)

    earlier = _earlier_of_same_matter(rng, second, cat * districts + dist)
    age = np.where(earlier >= 0, second - second[earlier], np.iinfo(np.int64).max)
    wants_to_urge = rng.random(rows) < URGING_SHARE
    urges = wants_to_urge & (age < URGE_WITHIN) & (ht[earlier] == REFERRED_ROW) & ~wants_to_urge[earlier]
    again = ~urges & (rng.random(rows) < _repeat_share(plan)[cat]) & (age < REPEAT_WITHIN)

    origin = _origins(np.where(again | urges, earlier, np.arange(rows)))
    people = rng.integers(1, max(int(rows * PEOPLE_PER_TICKET), 10), rows)
    people[rng.random(rows) < NO_PHONE_SHARE] = 0
    town = _townships(rng, city, dist)
    place = rng.integers(0, PLACES_PER_TOWNSHIP, rows)
    stays = (again & (rng.random(rows) < SAME_PLACE_SHARE)) | urges
    return pa.table(
        {
            "i": np.arange(1, rows + 1, dtype=np.int64),
            "s": second,
            "cat": cat.astype(np.int16),
            "dist": dist.astype(np.int8),
            "req": req,
            "ht": np.where(urges, URGING_ROW, ht).astype(np.int8),
            "parent": np.where(urges, earlier + 1, 0).astype(np.int64),
            "requester": people[origin].astype(np.int32),
            "town": np.where(stays, town[origin], town).astype(np.int16),
            "place": np.where(stays, place[origin], place).astype(np.int16),
        }
    )


def _seconds_of_day(rng: np.random.Generator, plan: Plan, cat: np.ndarray) -> np.ndarray:
    night = plan.matters["name"].isin(seasons.NIGHT_MATTERS).to_numpy()
    profiles = [np.cumsum(hours) / np.sum(hours) for hours in (seasons.HOURS_DAY, seasons.HOURS_NIGHT)]
    draw = rng.random(len(cat))
    hour = np.where(night[cat], np.searchsorted(profiles[1], draw), np.searchsorted(profiles[0], draw))
    return np.minimum(hour, 23) * 3600 + rng.integers(0, 3600, len(cat))


def _repeat_share(plan: Plan) -> np.ndarray:
    """Matters that hurt again and again bring the same callers back."""
    stubborn = {"供热": 1.7, "物业服务": 1.5, "拖欠工资": 1.6, "问题楼盘": 2.0, "供电": 1.4, "噪声污染": 1.5}
    return REPEAT_SHARE * np.array([stubborn.get(name, 1.0) for name in plan.matters["name"]])


def _earlier_of_same_matter(rng: np.random.Generator, second: np.ndarray, group: np.ndarray) -> np.ndarray:
    """For each row one of the last few rows of its group, or −1 where there is none.

    Where that one is too old to call again about, the last row: small groups have their callers too.
    """
    order = np.argsort(group, kind="stable")
    position = np.arange(len(order))
    back = np.maximum(position - rng.geometric(0.3, len(order)), 0)
    last = np.maximum(position - 1, 0)
    fits = (group[order[back]] == group[order]) & (second[order] - second[order[back]] < REPEAT_WITHIN)
    back = np.where(fits, back, last)
    exists = (group[order[back]] == group[order]) & (back < position)
    earlier = np.empty(len(order), dtype=np.int64)
    earlier[order] = np.where(exists, order[back], -1)
    return earlier


def _origins(pointer: np.ndarray) -> np.ndarray:
    """Where chains of pointers to earlier rows end."""
    while True:
        further = pointer[pointer]
        if np.array_equal(further, pointer):
            return pointer
        pointer = further


def _townships(rng: np.random.Generator, city: City, dist: np.ndarray) -> np.ndarray:
    """A township of the division for each row; larger ones more often. −1 in divisions without any."""
    town = np.full(len(dist), NO_TOWNSHIP, dtype=np.int64)
    of_district = city.townships["district_code"].to_numpy()
    for number, code in enumerate(city.districts["district_code"]):
        mine = np.flatnonzero(of_district == code)
        here = np.flatnonzero(dist == number)
        if len(mine) == 0 or len(here) == 0:
            continue
        weights = rng.lognormal(0, 0.7, len(mine))
        town[here] = mine[np.searchsorted(np.cumsum(weights)[:-1] / weights.sum(), rng.random(len(here)))]
    return town


def call_days(plan: Plan, seed: int) -> list[dict[str, object]]:
    """One row per day: inbound and answered calls of the hotline (most tickets begin as a call)."""
    rng = np.random.default_rng([seed, 3])
    totals = plan.counts.sum(axis=(1, 2))
    inbound = np.rint(totals * rng.normal(1.06, 0.02, len(totals))).astype(int)
    # Crowded days lose more callers.
    crowd = np.clip(totals / max(np.median(totals), 1) - 1, 0, 1)
    answered = np.rint(inbound * np.clip(rng.normal(0.972, 0.006, len(totals)) - 0.06 * crowd, 0.7, 1)).astype(int)
    return [
        {"day": plan.first + timedelta(days=k), "inbound": int(inbound[k]), "answered": int(answered[k])}
        for k in range(len(totals))
    ]


def unit_truths(rng: np.random.Generator, plan: Plan, busy: dict[str, list[str]]) -> list[Truth]:
    """Which units deceive, and which only look as if they did.

    busy: names of roles to candidate units with many tickets. Fake closure: closed at once, not solved.
    Gaming: closed in batches just before the limit, with one reply for all. Near-miss: fast and good.
    """
    days = (plan.end - plan.first).days
    since = plan.first.fromordinal(plan.first.toordinal() + int(days * 0.4))
    chosen: set[str] = set()

    def pick(role: str) -> str:
        free = [code for code in busy[role] if code not in chosen]
        code = free[int(rng.integers(0, len(free)))]
        chosen.add(code)
        return code

    found = []
    for role, share in (("county", 0.35), ("county", 0.28), ("city", 0.22)):
        note = "share of tickets closed at once without a solution"
        found.append(Truth("fake_closure", None, None, pick(role), since, None, share, note))
    for role, share in (("county", 0.55), ("township", 0.6), ("city", 0.4)):
        note = "share of closings in one batch within the last hour before the limit, with one reply for all"
        found.append(Truth("gaming", None, None, pick(role), since, None, share, note))
    for role in ("county", "city"):
        note = "share closed fast and well: looks like fake closure, is none"
        found.append(Truth("near_miss", None, None, pick(role), since, None, 0.5, note))
    return found
