"""`python -m lib init`: what an installation needs before its first start: secrets and a first administrator."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import select

from lib.access.acts import done_and_recorded
from lib.access.audit import COMMAND_LINE, Act
from lib.access.roles import NotAllowedError
from lib.access.secrets_file import make_secrets, secrets_path
from lib.assessment_store import AssessmentStore, open_assessment
from lib.commands import CommandError
from lib.commands.accounts import AddAccount
from lib.commands.user_command import PAIRS, add_account
from lib.config import Settings
from lib.schema import assessment as a
from lib.store import PairName, active_pair, choose_pair

NEXT = """下一步：
  1. 启动服务：make run（安装包请用 systemctl start minsheng@8501，见 docs/deploy.md）
  2. 用上面的账号登录，首次登录须修改密码
  3. 建立安全管理员和审计管理员：python -m lib user add <账号> --role 安全管理员 --display-name <姓名> --pair city
  4. 为各单位使用者建立账号：登录后在“账号”页办理，或 python -m lib user add
  5. 导入工单：python -m lib import <文件>，或由热线中心在“数据导入与质量”页导入"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--city", action="store_true", help="改用本市库（正式使用）；不给则首次导入时切换")
    parser.add_argument("--name", default="admin", metavar="账号", help="第一个系统管理员的账号名（默认 admin）")
    parser.add_argument("--display-name", default="系统管理员", metavar="姓名", help="他的姓名（默认 系统管理员）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Make what is missing; what is there stays as it is, so that it may be run again."""
    path = secrets_path(settings)
    print(
        f"已生成密钥文件 {path}，只有本用户可读，请一并备份"
        if make_secrets(settings)
        else f"密钥文件 {path} 已有，未改动"
    )
    if args.city and active_pair(settings) != "city":
        chosen = Act("pair_chosen", "city", before=PAIRS["demo"], after=PAIRS["city"])
        with done_and_recorded(settings, "city", COMMAND_LINE, chosen):
            choose_pair(settings, "city")
        print("已改用本市库")
    # The first import switches to the city's own accounts: its administrator must be there by then.
    pairs: list[PairName] = ["city"] if active_pair(settings) == "city" else ["city", "demo"]
    password = None
    for pair in pairs:
        store = open_assessment(settings, pair)
        try:
            known = _administrators(store)
            if known:
                print(f"{PAIRS[pair]}库已有系统管理员：{'、'.join(known)}")
            else:
                made = add_account(store, AddAccount(args.name, args.display_name, "system_admin", password=password))
                password = made.temporary_password
        except (CommandError, NotAllowedError) as error:
            print(f"{PAIRS[pair]}库没有新建系统管理员：{error}", file=sys.stderr)
            return 2
        finally:
            store.dispose()
    if "demo" in pairs:
        print("现在显示的是演示数据，首次导入工单后改用本市库；要立即改用，请加 --city。")
    print(NEXT)
    return 0


def _administrators(store: AssessmentStore) -> list[str]:
    """Names of the people who can sign in as 系统管理员."""
    c = a.accounts.c
    usable = select(c.name).where(c.role == "system_admin", c.disabled_at.is_(None), c.origin != "demo")
    with store.reading() as conn:
        return list(conn.execute(usable.order_by(c.name)).scalars())
