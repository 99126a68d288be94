"""`python -m lib verify`: is the history whole, and how far do exported heads vouch for it?"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lib.access.verify import Report, export_head, read_head, verify
from lib.assessment_store import has_assessment, open_assessment
from lib.config import ConfigError, Settings
from lib.store import active_pair

PAIRS = {"demo": "演示数据", "city": "本市数据"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add exported heads, the export of one, the pair and JSON."""
    parser.add_argument("--head", metavar="文件", nargs="+", type=Path, default=[], help="以前导出的链末端，可多个")
    parser.add_argument("--export-head", metavar="文件", type=Path, help="核验无误后导出链末端，请交系统以外的人保管")
    parser.add_argument("--pair", choices=tuple(PAIRS), help="演示数据或本市数据；默认当前使用的")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """0 when the chain is whole, 2 when it is broken or nothing could be checked."""
    pair = args.pair or active_pair(settings)
    if not has_assessment(settings, pair):
        raise ConfigError(f"{PAIRS[pair]}还没有考核库，没有审计记录可以核验")
    heads = [read_head(path) for path in args.head]
    store = open_assessment(settings, pair)
    try:
        report = verify(store, heads, _show if sys.stderr.isatty() else None)
        exported = None
        if args.export_head and report.is_whole:
            exported = export_head(store, args.export_head)
    except OSError as error:
        raise ConfigError(f"链末端文件写不进去：{args.export_head}（{error.strerror}）") from error
    finally:
        store.dispose()
    if args.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        print(describe(report))
        if exported:
            print(f"已导出第 {exported.entry_no:,} 条的链末端：{args.export_head}，请交系统以外的人保管")
    if args.export_head and not report.is_whole:
        print("审计链不完整，没有导出链末端", file=sys.stderr)
    return 0 if report.is_whole else 2


def describe(report: Report) -> str:
    """The report in Chinese sentences."""
    lines = [f"{PAIRS[report.pair]}：核验 {report.entries:,} 条审计记录"]
    if report.broken:
        lines.append(f"不完整：第 {report.broken.entry_no:,} 条起有问题——{report.broken.why}")
    else:
        lines.append("完整：逐条衔接，未发现改动、删除、调换或插入")
    if report.covered:
        line = f"与导出的链末端（{report.covered_time}，世界时）一致到第 {report.covered:,} 条"
        if report.is_whole and report.entries > report.covered:
            line += f"；其后 {report.entries - report.covered:,} 条尚无链末端可对照，如被整体重算或截去无法发现"
        lines.append(line)
    elif not report.broken:
        lines.append("没有导出的链末端可对照：如末尾被截去、或全部重算，单凭本机数据无法发现")
    return "\n".join(lines)


def _show(done: int, total: int, words: str) -> None:
    print(f"\r\033[K{words} {done:,} / {total:,}", end="" if done < total else "\n", file=sys.stderr, flush=True)
