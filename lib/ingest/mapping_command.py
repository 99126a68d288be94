"""`python -m lib mapping …`: list the mappings, check one, propose one for a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lib.config import Settings
from lib.ingest.fields import known_headings
from lib.ingest.mapping import all_mappings, load_mapping
from lib.ingest.readers import Progress, ReadError
from lib.ingest.sandbox import run_limited
from lib.ingest.suggest import looks_like_join, suggest_mapping
from lib.ingest.tables import read_tables


def configure(parser: argparse.ArgumentParser) -> None:
    """Add list, check and suggest."""
    actions = parser.add_subparsers(dest="action", metavar="动作", required=True)
    actions.add_parser("list", help="列出可用的映射").set_defaults(run=_list)
    check = actions.add_parser("check", help="检查映射文件的写法")
    check.add_argument("mapping", metavar="名称或路径")
    check.set_defaults(run=_check)
    suggest = actions.add_parser("suggest", help="根据文件的表头和内容建议一份映射")
    suggest.add_argument("file", metavar="文件", type=Path)
    suggest.add_argument("--output", "-o", metavar="YAML", type=Path, help="写入文件；不给则打印")
    suggest.set_defaults(run=_suggest)


def _list(_: argparse.Namespace, settings: Settings) -> int:
    try:
        for mapping in all_mappings(settings):
            print(f"{mapping.name}\t{mapping.label}\t识别列：{'、'.join(mapping.tickets.match)}")
    except ReadError as error:
        return _refuse(error)
    return 0


def _check(args: argparse.Namespace, settings: Settings) -> int:
    try:
        mapping = load_mapping(args.mapping, settings)
    except ReadError as error:
        return _refuse(error)
    count = len(mapping.tickets.fields) + len(mapping.tickets.constants)
    print(f"映射“{mapping.label}”正确：{count} 个字段，{len(mapping.joins)} 种附表")
    return 0


def _suggest(args: argparse.Namespace, _: Settings) -> int:
    try:
        text = run_limited(suggest_text, {"path": str(args.file.resolve())})
    except ReadError as error:
        return _refuse(error)
    if args.output:
        args.output.write_text(text, "utf-8")
        print(f"已写入 {args.output}。请核对后导入：python -m lib import {args.file} --mapping {args.output}")
    else:
        print(text)
    return 0


def suggest_text(path: str, progress: Progress | None = None) -> str:
    """The proposed mapping of a file's first ticket table, as YAML text. Raises ReadError. Runs in the child."""
    file = Path(path)
    tables = list(read_tables([file], known_headings(), progress=progress, first_rows=1000))
    tickets = [table for table in tables if looks_like_join(table) is None]
    return suggest_mapping((tickets or tables)[0], file.stem)


def _refuse(error: ReadError) -> int:
    print(error, file=sys.stderr)
    return 2
