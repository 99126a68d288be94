"""`python -m lib prove <what>`: each proof is a module of this package with `configure(parser)`, like any command."""

from __future__ import annotations

import argparse
import importlib

# Imported only when asked for, as the commands of lib.cli are.
PROOFS = {
    "nomination": ("lib.prove.nomination", "拟列规则：注入的情形找到多少，提出的建议有多少是对的"),
    "radar": ("lib.prove.radar", "选题研判：诉求突增的发现、误报，八周预测的准确程度"),
    "effect": ("lib.prove.effect", "调度成效：已知真实变化时的区间覆盖率、误判和环比的偏差"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """One subcommand per proof."""
    proofs = parser.add_subparsers(dest="proof", metavar="内容", required=True)
    for name, (module, help_text) in PROOFS.items():
        importlib.import_module(module).configure(proofs.add_parser(name, help=help_text, description=help_text))
