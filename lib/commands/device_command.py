"""`python -m lib device add|revoke|list`: projection devices from the command line."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from lib.access import devices
from lib.access.audit import COMMAND_LINE
from lib.access.moments import clock
from lib.assessment_store import AssessmentStore, open_assessment
from lib.commands import CommandError
from lib.commands.devices import RegisterDevice, RevokeDevice, register, revoke
from lib.config import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m lib device`."""
    parser.add_argument("--pair", choices=("demo", "city"), help="演示数据或本市数据；默认当前使用的")
    acts = parser.add_subparsers(dest="act", required=True, metavar="操作")
    add = acts.add_parser("add", help="登记一台投影设备，给出10分钟内有效的配对码")
    add.add_argument("label", help="设备所在位置，例如 市委一号会议室")
    add.set_defaults(do=_add)
    stop = acts.add_parser("revoke", help="停用一台投影设备")
    stop.add_argument("device", help="设备编号（见 device list）")
    stop.add_argument("--reason", default="", help="停用原因，记入审计")
    stop.set_defaults(do=_revoke)
    acts.add_parser("list", help="列出投影设备").set_defaults(do=_list)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it; 0 when done, 2 with a sentence when not."""
    store = open_assessment(settings, args.pair)
    try:
        args.do(args, store)
    except CommandError as error:
        print(str(error), file=sys.stderr)
        return 2
    finally:
        store.dispose()
    return 0


def _add(args: argparse.Namespace, store: AssessmentStore) -> None:
    made = register(store, COMMAND_LINE, RegisterDevice(args.label), now=datetime.now(UTC))
    print(f"已登记投影设备“{made.label}”，编号 {made.device_ref}")
    print(f"配对码 {made.code}，{clock(made.until)}前有效，只显示这一次。")
    print("请在投影设备的浏览器中打开本系统地址加 /kiosk，输入配对码。")


def _revoke(args: argparse.Namespace, store: AssessmentStore) -> None:
    revoke(store, COMMAND_LINE, RevokeDevice(args.device, args.reason), now=datetime.now(UTC))
    print("已停用，该设备的会话已经结束。")


def _list(_args: argparse.Namespace, store: AssessmentStore) -> None:
    now = datetime.now(UTC)
    with store.reading() as conn:
        found = devices.all_devices(conn, now=now)
    if not found:
        print("还没有登记投影设备。")
    for device in found:
        seen = f"，最近使用 {clock(device.last_seen_at)}" if device.last_seen_at else ""
        print(f"{device.device_ref}  {device.label}  {devices.STATES[device.state]}{seen}")
