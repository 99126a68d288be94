"""Small tables the generating statements join: who handles what, limits, units' habits, the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from lib.calendar_cn import workday_table
from lib.city import City
from lib.demo.base import unit_truths
from lib.demo.places import place_names, point_pools, read_phrases
from lib.demo.plan import Plan
from lib.demo.truths import Truth
from lib.schema.tickets import REQUEST_TYPES, URGENCIES

HOTLINE_CENTRE = "S00"
TOWNSHIP_LEAD = "T"
EPOCH = date(1970, 1, 1)
# Longer than the longest limit with all its extensions and the longest holidays.
CALENDAR_TAIL_DAYS = 60
UNMAPPED_CAT = -1
# Matters of the street, not of the caller's own door.
NEARBY = (
    "道路建设", "施工扰民", "占道经营", "环境卫生", "园林绿化", "路灯照明", "停车管理", "排水防涝", "交通设施",
    "交通秩序", "公路养护", "噪声污染", "大气污染", "水污染", "固废辐射", "土地管理", "矿产林业", "安全生产",
    "烟花爆竹",
)  # fmt: skip

# Cumulative shares of referred tickets: unit of the division, of the city, a sub-unit of that, township; rest to
# the division's government. By kind of lead: department, enterprise, township.
SPREAD = {
    "department": (0.56, 0.70, 0.75, 0.97),
    "enterprise": (0.58, 0.85, 0.85, 0.98),
    "township": (0.16, 0.2, 0.2, 0.95),
}

# Satisfaction by division: one clearly behind, one that catches up. Shares of unsatisfied answers.
BEHIND, BEHIND_BY = "西河县", 0.055
DISTRICT_SPREAD = 0.009
IMPROVING, IMPROVES_FROM, IMPROVES_TO = "云溪县", 0.06, -0.01


def unit_habits(city: City, plan: Plan, seed: int) -> tuple[pd.DataFrame, list[Truth]]:
    """One row per unit: how fast, how liked, how often it returns and extends, and whom it deceives.

    Most units hardly differ; a few are bad, a few good. Returns the habits and the truths behind them.
    """
    rng = np.random.default_rng([seed, 5])
    units = city.units
    rows = len(units)
    frame = pd.DataFrame({"unit_code": units["unit_code"]})
    kind = rng.random(rows)
    frame["speed"] = rng.lognormal(0, 0.08, rows) * np.where(kind < 0.04, 1.3, np.where(kind > 0.95, 0.8, 1.0))
    frame["unsat"] = rng.normal(0, 0.008, rows) + np.where(kind < 0.04, 0.07, np.where(kind > 0.95, -0.02, 0.0))
    frame["returns"] = rng.lognormal(0, 0.35, rows)
    frame["extends"] = rng.lognormal(0, 0.35, rows)
    slow = dict(zip(city.districts["district_code"], city.districts["name"] == BEHIND, strict=True))
    frame["speed"] *= [1.12 if slow.get(code, False) else 1.0 for code in units["district_code"]]
    centre = set(city.districts.loc[city.districts["district_type"] == "centre", "district_code"])
    local = units["district_code"].isin(centre)
    large = units["unit_code"].str.startswith("X") & units["unit_code"].str[3:].isin(["01", "02", "09", "31"])
    busy = {
        "county": list(units.loc[local & large, "unit_code"]),
        "township": list(units.loc[local & (units["peer_group"] == "乡镇街道"), "unit_code"]),
        "city": ["S01", "S02", "S05", "S09", "S31"],
    }
    found = unit_truths(rng, plan, busy)
    for kind_name, column in (("fake_closure", "fakes"), ("gaming", "games"), ("near_miss", "shines")):
        mine = {truth.unit_code: truth for truth in found if truth.kind == kind_name}
        frame[column] = [mine[code].size if code in mine else 0.0 for code in frame["unit_code"]]
    since = found[0].starts_on
    frame["habit_since"] = (since - EPOCH).days * 86_400
    return frame, found


def district_truths(city: City, plan: Plan) -> list[Truth]:
    """The division behind and the one that improves, written down."""
    code = dict(zip(city.districts["name"], city.districts["district_code"], strict=True))
    behind = "share of unsatisfied first answers above the others"
    better = f"unsatisfied first answers move from {IMPROVES_FROM:+} to {IMPROVES_TO:+} over the whole time"
    return [
        Truth("trend", None, code[BEHIND], None, plan.first, None, BEHIND_BY, behind),
        Truth("trend", None, code[IMPROVING], None, plan.first, None, IMPROVES_TO - IMPROVES_FROM, better),
    ]


def register(raw: duckdb.DuckDBPyConnection, city: City, plan: Plan, seed: int) -> list[Truth]:
    """Make the lookup tables as temporary tables of the connection; returns the truths about units."""
    habits, found = unit_habits(city, plan, seed)
    _make(raw, "lu_unit", habits)
    _make(raw, "lu_who", _who(city, plan))
    _make(raw, "lu_limit", _limits(city, plan))
    _make(raw, "lu_matter", _matters(city, plan))
    _make(raw, "lu_district", _districts(city))
    _make(raw, "lu_town", _towns(city))
    points = point_pools(city, seed)
    _make(raw, "lu_point", points.astype({"town": "int64", "point": "int64"}))
    _make(raw, "lu_place", place_names(city).astype({"town": "int64", "place": "int64"}))
    phrases = read_phrases(city)
    remedies = [(kind, words, phrases["measures"][kind]) for kind, words in phrases["findings"].items()]
    _make(raw, "lu_remedy", pd.DataFrame(remedies, columns=["remedy", "findings", "measures"]))
    _make(raw, "lu_phrase", pd.DataFrame([{k: v for k, v in phrases.items() if k not in ("findings", "measures")}]))
    _make(raw, "lu_name", city.units[["unit_code", "name"]].drop_duplicates("unit_code").astype(object))
    calendar = workday_calendar(city, plan)
    works = calendar["is_workday"].to_numpy(dtype=bool)
    days = np.arange(len(calendar)) + (plan.first - EPOCH).days
    number = np.cumsum(works)
    workdays = np.append(days[works], days[-1])
    _make(
        raw,
        "lu_day",
        pd.DataFrame(
            {
                "day_no": days,
                "works": works,
                "before": calendar["hours_before"],
                "workday_no": number,
                # The day itself when it is a working day.
                "next_workday": workdays[number - works],
            }
        ),
    )
    _make(raw, "lu_workday", pd.DataFrame({"workday_no": number[works], "limit_day": days[works]}))
    return found + district_truths(city, plan)


def workday_calendar(city: City, plan: Plan) -> pd.DataFrame:
    """Rows of the table workdays: from the first ticket to past the last possible limit."""
    last = plan.end + timedelta(days=CALENDAR_TAIL_DAYS)
    return workday_table(plan.first, last, city.workday_overrides, city.rules.hours_per_day)


def _make(raw: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    raw.register("lookup_rows", frame)
    raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM lookup_rows")
    raw.unregister("lookup_rows")


def _who(city: City, plan: Plan) -> pd.DataFrame:
    """One row per matter and division: candidate units and their cumulative shares."""
    codes = set(city.units["unit_code"])
    below = city.units.groupby("parent_code")["unit_code"].agg(list).to_dict()
    rows = []
    for cat, lead in enumerate(plan.matters["lead"]):
        for dist in range(len(city.districts)):
            no = f"{dist + 1:02d}"
            if lead.startswith("E"):
                kind, local, central = "enterprise", f"{lead}{no}", lead
            elif lead == TOWNSHIP_LEAD:
                kind, local, central = "township", f"X{no}12", "S12"
            else:
                kind, local, central = "department", f"X{no}{lead}", f"S{lead}"
            if local not in codes:
                local, central = central, ("S02" if central != "S02" else "S01")
            subs = below.get(central, [central]) if kind == "department" else [central]
            rows.append((cat, dist, local, central, subs, f"Q{no}", *SPREAD[kind]))
    columns = [
        "cat",
        "dist",
        "local_unit",
        "central_unit",
        "sub_units",
        "government",
        "to_local",
        "to_central",
        "to_sub",
        "to_town",
    ]
    return pd.DataFrame(rows, columns=columns)


def _limits(city: City, plan: Plan) -> pd.DataFrame:
    """One row per matter (−1 unmapped), request type and urgency: the rule that applies, by precedence."""
    rules = city.time_limit_rules.sort_values("rule_no").to_dict("records")
    for rule in rules:
        if rule["starts_at"] != "dispatched" or (rule["unit"], rule["starts_next_day"]) not in {
            ("workday", True),
            ("hour", False),
        }:
            raise ValueError(
                f"time limit rule {rule['rule_no']} of the demo profile is of a kind the generator does not know"
            )
    rows = []
    for cat in range(UNMAPPED_CAT, len(plan.matters)):
        code = "" if cat == UNMAPPED_CAT else plan.matters["category2_code"].iloc[cat]
        for req, request_type in enumerate(REQUEST_TYPES):
            for urg, urgency in enumerate(URGENCIES):
                rule = next(
                    r for r in rules
                    if (r["category_code"] is None or (code and code.startswith(r["category_code"])))
                    and r["request_type"] in (None, request_type) and r["urgency"] in (None, urgency)
                )  # fmt: skip
                extra = rule["extension_amount"], int(rule["extensions_max"])
                rows.append((cat, req, urg, float(rule["amount"]), rule["unit"] == "hour", float(extra[0]), extra[1]))
    return pd.DataFrame(rows, columns=["cat", "req", "urg", "amount", "by_hour", "extension_amount", "extensions_max"])


def _matters(city: City, plan: Plan) -> pd.DataFrame:
    """One row per matter: codes, its children, its phrases and which child each belongs to."""
    third = city.categories[city.categories["level"] == 3]
    children = third.groupby("parent_code")["category_code"].agg(list)
    names = third.groupby("parent_code")["name"].agg(list)
    business = {"营商环境": 0.75, "企业登记": 0.55, "税费征缴": 0.4, "工业商贸": 0.3, "金融保险": 0.15, "供电": 0.07}
    rows = []
    for cat, matter in enumerate(plan.matters.to_dict("records")):
        code, name = matter["category2_code"], matter["name"]
        mine = names[code]
        phrases = [phrase.split("=") for phrase in matter["problems"].split("|")]
        child, question = matter["question"].split("=")
        rows.append(
            {
                "cat": cat,
                "category1_code": code[:2],
                "category2_code": code,
                "matter": name,
                "remedy": matter["remedy"],
                "nearby": "附近" if name in NEARBY else "",
                "children": children[code],
                "child_names": mine,
                "problems": [text for _, text in phrases],
                "problem_children": [mine.index(word) for word, _ in phrases],
                "question": question,
                "question_child": mine.index(child),
                "business": business.get(name, 0.035),
                "on_officials": 0.12 if name == "干部作风" else 0.0,
            }
        )
    return pd.DataFrame(rows)


def _districts(city: City) -> pd.DataFrame:
    """One row per division: its share of unsatisfied answers against the average, at the start and at the end."""
    names = list(city.districts["name"])
    # Divisions differ a little whatever the seed.
    usual = np.random.default_rng(len(names)).normal(0, DISTRICT_SPREAD, len(names))
    fixed = {BEHIND: (BEHIND_BY, BEHIND_BY), IMPROVING: (IMPROVES_FROM, IMPROVES_TO)}
    start, end = zip(*(fixed.get(name, (own, own)) for name, own in zip(names, usual, strict=True)), strict=True)
    return pd.DataFrame(
        {
            "dist": np.arange(len(names)),
            "district_code": city.districts["district_code"],
            "district": names,
            "unsat_from": start,
            "unsat_to": end,
        }
    )


def _towns(city: City) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "town": np.arange(len(city.townships)),
            "township_code": city.townships["township_code"],
            "township": city.townships["name"],
            "town_unit": "T" + city.townships["township_code"],
        }
    )
