"""Which matters do the suggestion rules (拟列规则) point to? Asked of the tickets, for the whole city."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from lib.access.masking import mask_text
from lib.access.roles import NotAllowedError
from lib.analysis import nomination as analysis
from lib.analysis.nomination import Finding
from lib.answers.labels import label_of, names_of
from lib.answers.nomination_words import BY_UNIT_ALONE, HINT, figures_of, remark_of, title_of
from lib.answers.source import Source
from lib.answers.tickets import RESTRICTED_TITLE
from lib.lists.due import WorkingDays
from lib.lists.profile import load_lists
from lib.lists.proposals import Nomination, Proposal
from lib.lists.rules import NominationRule, RuleBook
from lib.period import cut_day
from lib.queries import nomination as queries
from lib.queries.extent import midnight

# Texts stand beside so many tickets of a suggestion, the newest; the others are named with their dates.
WITH_TEXTS = 20
LONGEST_REPLY = 300
Progress = Callable[[int, int, str], None]


def _silent(done: int, total: int, words: str) -> None:
    """Nobody watches."""


def nominate(source: Source, book: RuleBook, as_of: datetime | None = None, tell: Progress = _silent) -> Nomination:
    """Proposals of every rule in force on the day of `as_of` (default: the as-of of the data).

    An earlier as_of moves the windows and what counts as open; rounds and transfers are as recorded now. tell is
    told rules done, rules in all and the rule. Raises ValueError for an as_of behind that of the data,
    NotAllowedError for who does not see the whole city.
    """
    if source.access.reach is not None:
        raise NotAllowedError("拟列研判面向全市工单，承办单位不能运行")
    at = source.as_of if as_of is None else as_of
    if at > source.as_of:
        raise ValueError(f"研判时间 {at:%Y-%m-%d %H:%M} 晚于数据截至时间 {source.as_of:%Y-%m-%d %H:%M}")
    rules = book.at(at)
    worded = _Worded(source)
    proposals: list[Proposal] = []
    seconds: dict[str, float] = {}
    for done, rule in enumerate(rules.values()):
        tell(done, len(rules), f"研判：{rule.label}")
        started = time.monotonic()
        found = findings(source, rule, at)
        proposals += worded.proposals(rule, found)
        seconds[rule.key] = time.monotonic() - started
    tell(len(rules), len(rules), "研判完成")
    skipped = {key: "该日没有生效的规则" for key in book.labels() if key not in rules}
    return Nomination(tuple(proposals), seconds, skipped)


def findings(source: Source, rule: NominationRule, as_of: datetime) -> list[Finding]:
    """What one rule finds as of that moment, in a fixed order."""
    conn, moment, said = source.conn, as_of + timedelta(microseconds=1), dict(rule.parameters)
    if rule.key == "reworked":
        return analysis.by_unit_and_category("reworked", queries.reworked(conn, moment, **said), "round_count")
    if rule.key == "transferred":
        return analysis.one_by_one("transferred", queries.transferred(conn, moment, **said), "transfer_count")
    if rule.key == "overdue":
        return _overdue(source, as_of, said["workdays"])
    if rule.key == "repeated":
        return analysis.repeated_matters(queries.repeated(conn, moment, **said), said["tickets"])
    if rule.key == "unsolved_twice":
        return analysis.by_unit_and_category("unsolved_twice", queries.unsolved(conn, moment, **said), "answers")
    if rule.key == "no_contact":
        return analysis.without_contact(queries.without_contact(conn, moment, **said), said["tickets"])
    window = said.pop("window_days")
    if rule.key == "template_reply":
        frame = queries.replies(conn, moment, window_days=window, at_least=said["replies"])
        return analysis.template_replies(frame, **said)
    frame = queries.late_closings(conn, moment, window_days=window, hours=said.pop("hours"))
    return analysis.bulk_closings(frame, queries.unit_closings(conn, moment, window_days=window), **said)


def _overdue(source: Source, as_of: datetime, workdays: int) -> list[Finding]:
    days, today = load_lists(source.city.name).days, cut_day(as_of) - timedelta(days=1)
    frame = queries.overdue(
        source.conn, as_of + timedelta(microseconds=1), due_before=due_before(days, today, workdays)
    )
    late = {day: days.between(day, today) for day in set(pd.to_datetime(frame["due_at"]).dt.date)}
    frame["late"] = [late[due] for due in pd.to_datetime(frame["due_at"]).dt.date]
    return analysis.by_unit_and_category("overdue", frame, "late")


def due_before(days: WorkingDays, today: date, workdays: int) -> datetime:
    """The moment before which a limit must lie to have passed more than so many working days ago."""
    day, passed = today, 0
    while passed <= workdays:
        passed += days.is_one(day)
        day -= timedelta(days=1)
    return midnight(day + timedelta(days=1))


class _Worded:
    """Findings in words, with names, dates and masked texts of the tickets."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names = {by: names_of(source, by) for by in ("unit", "district", "category2")}
        units = source.dimension("units")
        self.homes = {code: None if pd.isna(home) else str(home)
                      for code, home in zip(units["unit_code"], units["district_code"], strict=True)}  # fmt: skip

    def proposals(self, rule: NominationRule, found: list[Finding]) -> list[Proposal]:
        """One proposal per finding, in their order."""
        tickets = queries.found_tickets(self.source.conn, {number for f in found for number in f.tickets})
        tickets = tickets.sort_values(["received_at", "ticket_id"], ascending=False)
        rows: dict[int, dict[Any, Any]] = {int(r["ticket_id"]): r for r in tickets.to_dict("records")}
        rank = {number: k for k, number in enumerate(rows)}
        newest = [sorted(finding.tickets, key=rank.__getitem__) for finding in found]
        read = queries.texts_of(self.source.conn, {number for ids in newest for number in ids[:WITH_TEXTS]})
        texts: dict[int, dict[Any, Any]] = {int(r["ticket_id"]): r for r in read.to_dict("records")}
        return [
            self._proposal(rule, finding, [rows[number] for number in ids], texts)
            for finding, ids in zip(found, newest, strict=True)
        ]

    def _proposal(
        self, rule: NominationRule, finding: Finding, part: list[dict[Any, Any]], texts: dict[int, dict[Any, Any]]
    ) -> Proposal:
        district, category = (_usual(row[name] for row in part) for name in ("district_code", "category2_code"))
        if finding.rule in BY_UNIT_ALONE:
            # It is about how the unit works, whatever the matter: its own place, not that of its tickets.
            district, category = self.homes.get(finding.unit_code), None
        unit = None if finding.unit_code is None else label_of(finding.unit_code, self.names["unit"])
        place = label_of(district, self.names["district"]) if district else ""
        listed = [
            self._ticket(finding, row, texts.get(int(row["ticket_id"])) if k < WITH_TEXTS else None)
            for k, row in enumerate(part)
        ]
        chain = {
            "words": HINT, "rule": rule.label, "definition": rule.definition, "figures": figures_of(finding),
            "restricted": sum(not pd.isna(row["restricted_class"]) for row in part), "tickets": listed,
        }  # fmt: skip
        return Proposal(
            rule=rule.key,
            matter=finding.matter,
            title=title_of(finding, unit, label_of(category, self.names["category2"]) if category else "", place),
            tickets=tuple((row["source_code"], row["ticket_no"]) for row in part),
            minimum=finding.minimum,
            chain=chain,
            unit_code=finding.unit_code,
            district_code=district,
            category_code=category,
        )

    def _ticket(self, finding: Finding, row: dict[Any, Any], text: dict[Any, Any] | None) -> dict[str, str]:
        said = {
            "source": row["source_code"], "no": row["ticket_no"], "received_at": _moment(row["received_at"]),
            "due_at": _moment(row["due_at"]), "closed_at": _moment(row["closed_at"]),
            "unit": label_of(row["unit_code"], self.names["unit"]),
            "remark": remark_of(finding, int(row["ticket_id"])),
        }  # fmt: skip
        if not pd.isna(row["restricted_class"]):
            return said | {"title": RESTRICTED_TITLE}
        if text is None:
            return said
        return said | {"title": _masked(text["title"]), "reply": _masked(text["reply"])}


def _usual(codes: Iterable[Any]) -> str | None:
    """The code that at least half of the tickets carry; None where there is none, or none that is known."""
    counts = Counter(codes)
    code, most = counts.most_common(1)[0]
    return None if pd.isna(code) or code == analysis.UNMAPPED or 2 * most < counts.total() else str(code)


def _moment(value: Any) -> str:
    return "" if pd.isna(value) else f"{pd.Timestamp(value):%Y-%m-%d %H:%M}"


def _masked(text: Any) -> str:
    return mask_text(text[:LONGEST_REPLY]) if isinstance(text, str) else ""
