"""The command line: `python -m lib <command>`. Each command lives with the code it drives.

A command module offers `configure(parser)`, which adds its options and sets the default
`run(args, settings) -> exit code`.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from lib import logs
from lib.config import ConfigError, Settings

log = logging.getLogger("minsheng.command")

# Imported only when asked for, so that `--help` and small commands start at once.
COMMANDS = {
    "init": ("lib.commands.init_command", "初始化：生成密钥，建立第一个系统管理员"),
    "user": ("lib.commands.user_command", "管理账号：新建、停用、启用、重置密码、变更角色"),
    "demo": ("lib.demo.command", "生成演示城市（示例市）"),
    "import": ("lib.ingest.command", "导入工单文件或数据库"),
    "mapping": ("lib.ingest.mapping_command", "检查或建议字段映射"),
    "template": ("lib.ingest.template_command", "写出标准导入模板"),
    "metrics": ("lib.metrics_command", "计算指标，与页面同一套代码"),
    "verify": ("lib.access.verify_command", "核验审计链是否完整"),
    "doctor": ("lib.doctor.command", "检查运行环境、数据目录或数据库服务器"),
    "device": ("lib.commands.device_command", "登记、停用会议投影设备"),
    "prove": ("lib.prove.command", "在已知真相的模拟城市上检验各项分析"),
    "nominate": ("lib.nomination_command", "按拟列规则研判，提出清单建议（可每晚定时运行）"),
    "bench": ("lib.bench.command", "测量一千万工单下的速度"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Wrong settings give a sentence, what nobody foresaw a number, and
    never a traceback: that is in the log.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="python -m lib", description="民声看板 · 命令行")
    commands = parser.add_subparsers(dest="command", metavar="命令")
    asked = arguments[0] if arguments else None
    for name, (module, help_text) in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text)
        if name == asked:
            importlib.import_module(module).configure(sub)
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help()
        return 0
    try:
        settings = Settings.from_env()
    except ConfigError as error:
        return _wrong_setting(error)
    log_file = logs.set_up(settings, console=False)
    logs.about(page=f"lib {args.command}")
    try:
        return int(args.run(args, settings))
    except ConfigError as error:
        return _wrong_setting(error)
    except Exception:
        number = logs.fault_number()
        log.exception("fault %s: command %s", number, args.command, extra={"fault": number})
        print(
            f"程序出错，没有完成（故障编号 {number}）。请把编号告诉信息中心，详细记录见日志：{log_file}",
            file=sys.stderr,
        )
        return 1
    finally:
        logs.close()


def _wrong_setting(error: ConfigError) -> int:
    print(f"配置错误：{error}", file=sys.stderr)
    return 2
