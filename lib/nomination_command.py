"""`python -m lib nominate`: run the suggestion rules (拟列规则), every night or by hand, and store what is new."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from lib import answers
from lib.access.audit import COMMAND_LINE
from lib.answers import Source
from lib.assessment_store import open_assessment
from lib.city import load_city
from lib.commands.lists.desk import Desk
from lib.commands.lists.suggestions import RunStored, StoreRun, store_run
from lib.config import Settings
from lib.lists.profile import load_lists
from lib.lists.proposals import Nomination
from lib.lists.rules import RuleBook, read_rules
from lib.store import DamagedDataError, NoDataError, open_store


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m lib nominate`."""
    parser.add_argument("--as-of", type=_moment, metavar="时间",
                        help="研判到哪一时刻，如 2026-10-31T18:00；默认且最晚为数据截至时间")  # fmt: skip
    parser.add_argument("--pair", choices=("demo", "city"), help="演示数据或本市数据；默认当前使用的")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run and store; 0 when done, 2 with a sentence when the data or the moment are unusable."""
    book = read_rules()
    try:
        tickets = open_store(settings, args.pair)
    except (NoDataError, DamagedDataError) as error:
        print(str(error), file=sys.stderr)
        return 2
    started = time.monotonic()
    records = open_assessment(settings, args.pair)
    try:
        as_of = args.as_of or tickets.pointer.as_of
        with tickets.engine.connect() as conn:
            source = Source(conn, tickets.pointer, load_city(tickets.pointer.city))
            found = answers.nominate(source, book, as_of)
        desk = Desk(COMMAND_LINE, None, load_lists(tickets.pointer.city), {}, lambda keys: set(), datetime.now(UTC))
        stored = store_run(records, desk, StoreRun(as_of, tickets.pointer.version, book.version, found.proposals))
    except ValueError as error:
        print(str(error), file=sys.stderr)
        return 2
    finally:
        tickets.dispose()
        records.dispose()
    report = report_of(book, found, stored, as_of, time.monotonic() - started)
    print(json.dumps(report, ensure_ascii=False, indent=1) if args.json else as_text(report))
    return 0


def report_of(book: RuleBook, found: Nomination, stored: RunStored, as_of: datetime, seconds: float) -> dict[str, Any]:
    """The run as values: run, as_of, rules_version, found, added, renewed, seconds, and per rule what it found."""
    counts, labels = Counter(proposal.rule for proposal in found.proposals), book.labels()
    return {
        "run": stored.run_id, "as_of": as_of.isoformat(), "rules_version": book.version, "found": stored.found,
        "added": stored.added, "renewed": stored.renewed, "seconds": round(seconds, 2),
        "rules": [{"rule": key, "label": labels[key], "found": counts[key], "seconds": round(spent, 3)}
                  for key, spent in found.seconds.items()],
        "skipped": dict(found.skipped),
    }  # fmt: skip


def as_text(report: dict[str, Any]) -> str:
    """The report in Chinese sentences."""
    lines = [
        f"第 {report['run']} 次研判（截至 {report['as_of'][:16].replace('T', ' ')}，"
        f"规则版本 {report['rules_version']}）："
        f"找到 {report['found']:,} 条疑点，新增建议 {report['added']:,} 条，"
        f"补充 {report['renewed']:,} 条，用时 {report['seconds']:.1f} 秒"
    ]
    lines += [f"　{row['label']}：{row['found']:,} 条（{row['seconds']:.2f} 秒）" for row in report["rules"]]
    lines += [f"　{key}：{why}" for key, why in report["skipped"].items()]
    return "\n".join(lines)


def _moment(value: str) -> datetime:
    """A day stands for its end, as people mean it; moments are the city's clock."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError("看不懂的时间，应为 2026-10-31 或 2026-10-31T18:00") from error
    if moment.tzinfo is not None:
        raise argparse.ArgumentTypeError("时间按本市时间填写，不带时区")
    return moment + timedelta(days=1) if len(value) == len("2026-10-31") else moment
