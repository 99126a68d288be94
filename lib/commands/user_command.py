"""`python -m lib user …`: accounts from the server's own command line, also for administrators."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from sqlalchemy import select

from lib.access.accounts import normal_name, state
from lib.access.audit import COMMAND_LINE
from lib.access.roles import ROLES, NotAllowedError, Role
from lib.assessment_store import AssessmentStore, open_assessment
from lib.commands import CommandError
from lib.commands.accounts import (
    ASSIGNABLE,
    AddAccount,
    ChangeRole,
    Command,
    DisableAccount,
    Done,
    EnableAccount,
    ResetPassword,
    handle,
)
from lib.config import Settings
from lib.schema import assessment as a
from lib.schema import tickets as t
from lib.store import DamagedDataError, NoDataError, PairName, active_pair, open_store

PAIRS: dict[PairName, str] = {"demo": "演示", "city": "本市"}
STDIN = "-"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add add, disable, enable, reset, role and list."""
    actions = parser.add_subparsers(dest="action", metavar="动作", required=True)
    add = _action(actions, "add", "新建账号", _add)
    add.add_argument("--role", required=True, type=_role, metavar="角色", help=_roles())
    add.add_argument("--unit", metavar="单位", help="承办单位的编码或全称，只用于承办单位的账号")
    add.add_argument("--display-name", metavar="姓名", help="姓名；不给则与账号名相同")
    given = _password_options(add)
    given.add_argument(
        "--subject", metavar="标识", help="统一身份认证中的主体标识（sub）：此人由统一身份认证登录，不设密码"
    )
    add.add_argument("--issuer", metavar="地址", help="签发者地址，与 --subject 同用；不给则为环境变量 OIDC_ISSUER")
    _action(actions, "disable", "停用账号，并结束其全部会话", _disable)
    _action(actions, "enable", "启用账号，并解除锁定", _enable)
    _password_options(_action(actions, "reset", "重置密码，并结束其全部会话", _reset))
    role = _action(actions, "role", "变更角色或单位，并结束其全部会话", _change_role)
    role.add_argument("--role", required=True, type=_role, metavar="角色", help=_roles())
    role.add_argument("--unit", metavar="单位", help="承办单位的编码或全称，只用于承办单位的账号")
    listing = actions.add_parser("list", help="列出账号")
    _pair_option(listing)
    listing.set_defaults(run=_list)


def add_account(store: AssessmentStore, command: AddAccount) -> Done:
    """Make an account; print its first password once, unless it was given. Raises CommandError."""
    done = handle(store, command, COMMAND_LINE)
    said = f"已在{PAIRS[store.pair]}库新建账号 {normal_name(command.name)}（{ROLES[cast(Role, command.role)]}）"
    _say_password(said, done, command.password)
    return done


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, said: str,
    act: Callable[[argparse.Namespace, Settings, AssessmentStore], None],
) -> argparse.ArgumentParser:  # fmt: skip
    parser: argparse.ArgumentParser = actions.add_parser(name, help=said, description=said)
    parser.add_argument("name", metavar="账号")
    _pair_option(parser)
    parser.set_defaults(run=lambda args, settings: _run(act, args, settings))
    return parser


def _pair_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pair", choices=list(PAIRS), help="demo 演示库，city 本市库；不给则为正在使用的")


def _password_options(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--ask-password", action="store_true", help="在终端输入临时密码（不回显）")
    given.add_argument(
        "--password-file", metavar="文件", help="从文件第一行读取临时密码，- 为标准输入；都不给则随机生成，只显示一次"
    )
    return given


def _run(
    act: Callable[[argparse.Namespace, Settings, AssessmentStore], None], args: argparse.Namespace, settings: Settings
) -> int:
    store = _store(args, settings)
    try:
        act(args, settings, store)
    except (CommandError, NotAllowedError) as error:
        print(f"没有改动：{error}", file=sys.stderr)
        return 2
    finally:
        store.dispose()
    return 0


def _store(args: argparse.Namespace, settings: Settings) -> AssessmentStore:
    return open_assessment(settings, args.pair or active_pair(settings))


def _add(args: argparse.Namespace, settings: Settings, store: AssessmentStore) -> None:
    unit = _unit(settings, store.pair, args.unit)
    name = args.display_name or args.name
    subject = _subject(args)
    if subject is None:
        add_account(store, AddAccount(args.name, name, args.role, unit, _given_password(args)))
        return
    handle(store, AddAccount(args.name, name, args.role, unit, subject=subject), COMMAND_LINE)
    print(f"已在{PAIRS[store.pair]}库登记账号 {normal_name(args.name)}（{ROLES[args.role]}），由统一身份认证登录")


def _subject(args: argparse.Namespace) -> str | None:
    """Issuer and subject as accounts keep them, where the person comes from the identity provider."""
    issuer = (args.issuer or os.environ.get("OIDC_ISSUER", "")).strip().rstrip("/")
    if args.subject is None:
        if args.issuer:
            raise CommandError("--issuer 须与 --subject 同用")
        return None
    if not issuer:
        raise CommandError("请用 --issuer 写明签发者地址，或先设置环境变量 OIDC_ISSUER")
    return f"{issuer}|{args.subject.strip()}"


def _disable(args: argparse.Namespace, _: Settings, store: AssessmentStore) -> None:
    _carry_out(store, DisableAccount(args.name, _version(store, args.name)), "已停用账号")


def _enable(args: argparse.Namespace, _: Settings, store: AssessmentStore) -> None:
    _carry_out(store, EnableAccount(args.name, _version(store, args.name)), "已启用账号")


def _reset(args: argparse.Namespace, _: Settings, store: AssessmentStore) -> None:
    given = _given_password(args)
    done = handle(store, ResetPassword(args.name, _version(store, args.name), given), COMMAND_LINE)
    _say_password(f"已重置{PAIRS[store.pair]}库账号 {normal_name(args.name)} 的密码", done, given)


def _change_role(args: argparse.Namespace, settings: Settings, store: AssessmentStore) -> None:
    unit = _unit(settings, store.pair, args.unit)
    command = ChangeRole(args.name, args.role, unit, _version(store, args.name))
    _carry_out(store, command, f"已改为{ROLES[args.role]}：账号")


def _carry_out(store: AssessmentStore, command: Command, said: str) -> None:
    handle(store, command, COMMAND_LINE)
    print(f"{said} {normal_name(getattr(command, 'name', ''))}（{PAIRS[store.pair]}库）")


def _say_password(said: str, done: Done, given: str | None) -> None:
    print(said)
    if given is None:
        print(f"临时密码（只显示这一次）：{done.temporary_password}")
    print("首次登录须修改密码。")


def _list(args: argparse.Namespace, settings: Settings) -> int:
    store = _store(args, settings)
    now = datetime.now(UTC)
    with store.reading() as conn:
        found = conn.execute(select(a.accounts).order_by(a.accounts.c.name)).all()
    store.dispose()
    print(f"{PAIRS[store.pair]}库共 {len(found)} 个账号" + ("：" if found else ""))
    for row in found:
        told = (row.name, row.display_name, ROLES[cast(Role, row.role)], row.unit_code or "", state(row, now))
        print("\t".join(told))
    return 0


def _version(store: AssessmentStore, name: str) -> int:
    with store.reading() as conn:
        version = conn.execute(
            select(a.accounts.c.version).where(a.accounts.c.name == normal_name(name))
        ).scalar_one_or_none()
    if version is None:
        raise CommandError(f"{PAIRS[store.pair]}库没有账号 {normal_name(name)}")
    return int(version)


def _given_password(args: argparse.Namespace) -> str | None:
    """The temporary password from the terminal or a file; None: one is made by chance. Never from the arguments,
    which every user of the machine can read.
    """
    if args.ask_password:
        password = getpass.getpass("临时密码：")
        if getpass.getpass("再输一次：") != password:
            raise CommandError("两次输入的密码不一致")
        return password
    if args.password_file is None:
        return None
    try:
        text = sys.stdin.readline() if args.password_file == STDIN else Path(args.password_file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"密码文件 {args.password_file} 无法读取") from error
    lines = text.splitlines()
    if not lines or not lines[0]:
        raise CommandError("密码文件的第一行是空的")
    return lines[0]


def _unit(settings: Settings, pair: PairName, given: str | None) -> str | None:
    """Code of the unit named by code or full name. Without ticket data a code is taken as it is."""
    if not given:
        return None
    try:
        tickets = open_store(settings, pair)
    except NoDataError:
        print(f"{PAIRS[pair]}库还没有工单数据，单位编码 {given} 未经核对", file=sys.stderr)
        return given
    except DamagedDataError as error:
        raise CommandError(str(error)) from error
    try:
        u = t.units.c
        with tickets.engine.connect() as conn:
            # A unit may have a row for each time its name or place changed.
            named = select(u.unit_code).where((u.unit_code == given) | (u.name == given)).distinct()
            found = list(conn.execute(named).scalars())
    finally:
        tickets.dispose()
    if len(found) != 1:
        raise CommandError(f"没有单位“{given}”" if not found else f"有多个单位叫“{given}”，请改用单位编码")
    return str(found[0])


def _roles() -> str:
    return "、".join(f"{ROLES[role]}（{role}）" for role in ASSIGNABLE)


def _role(text: str) -> str:
    """A role by its key or its Chinese name."""
    for key in ASSIGNABLE:
        if text.strip() in (key, ROLES[key]):
            return key
    raise argparse.ArgumentTypeError(f"没有这个角色，可选：{_roles()}")
