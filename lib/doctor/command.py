"""`python -m lib doctor`: prints what was found. Exit code 0 when nothing is in the way, else 2."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from lib.config import Settings
from lib.doctor.findings import Finding


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--db",
        metavar="地址",
        help="只检查这个数据库服务器（postgresql+psycopg://…、opengauss+psycopg://…、kingbase+psycopg://…）",
    )
    parser.add_argument(
        "--port", type=int, action="append", metavar="端口", help="要检查的服务端口，可重复（默认 8501）"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON，供程序读取")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Check, print, and say by the exit code whether something is in the way."""
    if args.db:
        from lib.doctor import server

        found = server.check(args.db)
    else:
        found = everything(settings, args.port or [8501])
    is_well = all(finding.level != "bad" for finding in found)
    if args.json:
        print(json.dumps({"ok": is_well, "findings": [f.as_json() for f in found]}, ensure_ascii=False, indent=1))
    else:
        print("\n".join(finding.line() for finding in found))
        print(summary(found))
    return 0 if is_well else 2


def everything(settings: Settings, ports: Sequence[int]) -> list[Finding]:
    """The machine, the data folder, and the servers of the settings."""
    from lib.doctor import data, machine, server

    found = machine.check(settings.data_dir, ports)
    for address in dict.fromkeys(url for url in (settings.tickets_url, settings.assessment_url) if url):
        found += server.check(address)
    return found + data.check(settings)


def summary(found: Sequence[Finding]) -> str:
    """The last line."""
    faults = sum(finding.level == "bad" for finding in found)
    hints = sum(finding.level == "warn" for finding in found)
    if faults:
        return f"共 {len(found)} 项：{faults} 项必须处理（✗），{hints} 项建议处理（⚠）"
    return f"共 {len(found)} 项：可以运行" + (f"，{hints} 项建议处理（⚠）" if hints else "")
