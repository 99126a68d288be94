"""`python -m lib demo`: make the demo city."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from lib.config import Settings

DEFAULT_END = date(2026, 10, 31)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--months", type=_positive, default=48, help="月数（默认 48）")
    parser.add_argument("--monthly", type=_positive, default=50_000, help="每月约多少件（默认 50000）")
    parser.add_argument("--seed", type=int, default=7, help="随机种子，同一种子结果相同（默认 7）")
    parser.add_argument(
        "--end", type=date.fromisoformat, default=DEFAULT_END, help="最后一天，YYYY-MM-DD（默认 2026-10-31）"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Generate, publish, and say what was made."""
    from lib.demo.generate import DemoOptions, generate
    from lib.demo.lists import fill_lists, said
    from lib.demo.scheduling import fill_scheduling
    from lib.demo.scheduling import said as said_of_meetings
    from lib.ingest.versions import BusyError

    try:
        result = generate(settings, DemoOptions(args.months, args.monthly, args.seed, args.end), _print)
        held = fill_scheduling(settings, args.seed)
        made = fill_lists(settings, args.seed)
    except BusyError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"示例市已生成：{result.tickets:,} 件工单，数据截至 {result.as_of:%Y-%m-%d %H:%M}，"
        f"版本 {result.version}，用时 {result.seconds:.1f} 秒"
    )
    print(said(made))
    print(said_of_meetings(held))
    return 0


def _print(done: int, total: int, step: str) -> None:
    print(f"{step}：{done:,} / {total:,}", flush=True)


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("应为正整数")
    return number
