"""`python -m lib import …`: files or a database table into the city's own ticket database."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from lib.access.audit import COMMAND_LINE
from lib.config import Settings
from lib.ingest.fields import TICKETS
from lib.ingest.pipeline import REFUSALS, import_files, import_table
from lib.ingest.staged import PublishResult
from lib.ingest.uploads import choose_recorded
from lib.store import active_pair

_SHOWN_WARNINGS = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Add files, mapping, as-of, dry run, confirmation, JSON and the database source."""
    parser.add_argument("files", metavar="文件", nargs="*", type=Path, help="XLSX、XLS、CSV、Parquet、ZIP 或文件夹")
    parser.add_argument("--mapping", metavar="名称或路径", help="字段映射；不给则按表头自动选择")
    parser.add_argument(
        "--as-of", metavar="时间", type=parse_as_of, help="数据截止（导出）时间；不给则取数据中最新的时间"
    )
    parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")
    parser.add_argument("--yes", action="store_true", help="不再询问，直接确认")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")
    parser.add_argument(
        "--from-url", metavar="地址", help="从数据库读取；写 env:变量名 则从环境变量取地址，不在命令行留下密码"
    )
    parser.add_argument("--table", metavar="表名", help="--from-url 的表或视图，可写成 模式.表名")
    parser.set_defaults(run=run)


def parse_as_of(text: str) -> datetime:
    """A moment; a bare date means the midnight that ends it. Raises argparse.ArgumentTypeError in Chinese."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}”不是时间，请写成 2026-10-20 或 '2026-10-20 18:00:00'") from error
    if moment.tzinfo is not None:
        raise argparse.ArgumentTypeError("请使用本地时间，不带时区")
    return whole_day(moment) if len(text.strip()) == 10 else moment


def whole_day(moment: datetime) -> datetime:
    """The midnight that ends the day: an extraction then belongs to the day before (see period.cut_day)."""
    return datetime(moment.year, moment.month, moment.day) + timedelta(days=1)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """0 when published (or a dry run went through), 2 when nothing was."""
    if bool(args.files) == bool(args.from_url) or bool(args.from_url) != bool(args.table):
        return _refuse("请给出要导入的文件，或同时给出 --from-url 与 --table（两者不能混用）")
    switches = active_pair(settings) != "city" and not args.dry_run
    if switches and not args.yes and not _confirmed():
        return _refuse("没有导入。首次导入会建立本市自己的数据库并切换到它，请确认（或加 --yes）后再试")
    progress = _Progress()
    try:
        if args.files:
            result = import_files(args.files, settings, args.mapping, args.as_of, args.dry_run, progress=progress.show)
        else:
            result = import_table(
                args.from_url, args.table, settings, args.mapping, args.as_of, args.dry_run, progress=progress.show
            )
    except REFUSALS as error:
        progress.end()
        return _refuse(f"没有导入，数据未改动。\n{error}")
    progress.end()
    if switches:
        choose_recorded(settings, "city", COMMAND_LINE)
    if args.json:
        print(json.dumps(result.as_dict(), ensure_ascii=False, indent=1, default=str))
    else:
        print(describe(result, args.dry_run))
    return 0


def describe(result: PublishResult, dry_run: bool) -> str:
    """The result in Chinese sentences."""
    lines = [
        f"读取 {result.read:,} 行：新增 {result.inserted:,}，更新 {result.updated:,}，"
        f"未变 {result.unchanged:,}，退回 {result.rejected:,}"
    ]
    if dry_run:
        lines.append("以上为试运行，数据未改动")
    elif result.is_new_version:
        lines.append(f"已发布版本 {result.version}，用时 {result.seconds:.1f} 秒")
    else:
        lines.append(f"内容与现有数据一致，版本仍为 {result.version}")
    if result.rejected_path:
        lines.append(f"退回的行（含原因，可更正后重新导入）：{result.rejected_path}")
    for row in result.warnings.head(_SHOWN_WARNINGS).to_dict("records"):
        value = f"“{row['value']}”" if row["value"] else ""
        lines.append(f"提示：{field_label(str(row['field']))}{value} {row['reason']}（{row['row_count']:,} 行）")
    if len(result.warnings) > _SHOWN_WARNINGS:
        lines.append(f"……另有 {len(result.warnings) - _SHOWN_WARNINGS} 条提示，见“数据导入与质量”页")
    return "\n".join(lines)


def field_label(name: str) -> str:
    """Chinese name of a ticket field; a name no field has is shown as it is."""
    return TICKETS[name].label if name in TICKETS else name


def _confirmed() -> bool:
    print("首次导入会建立本市自己的数据库，并把看板从演示数据切换到本市数据（演示数据保留）。", file=sys.stderr)
    if not sys.stdin.isatty():
        return False
    print("继续吗？输入 y 确认：", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


class _Progress:
    """Counts and remaining time on standard error, one line that is written over on a terminal."""

    def __init__(self) -> None:
        self._text, self._started, self._last = "", 0.0, 0.0
        self._live = sys.stderr.isatty()

    def show(self, done: int, total: int, text: str) -> None:
        """Progress callback of reading and publishing."""
        now = time.monotonic()
        is_new = text != self._text
        if is_new:
            self._text, self._started = text, now
        if not is_new and now - self._last < (0.2 if self._live else 5):
            return
        self._last = now
        line = text
        if total > 0 and done > 0:
            left = (now - self._started) / done * max(total - done, 0)
            line += f"  {min(done / total, 1):.0%}" + (f"，约剩 {left:.0f} 秒" if left >= 1 else "")
        print(f"\r\033[K{line}" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line of the terminal."""
        if self._live and self._text:
            print(file=sys.stderr)
