"""`python -m lib prove <what>`: each proof is a module of this package with `configure(parser)`, like any command."""

from __future__ import annotations

import argparse
import importlib

# Imported only when asked for, as the commands of lib.cli are.
PROOFS = {
    "radar": ("lib.prove.radar", "选题研判：诉求突增的发现、误报，八周预测的准确程度"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """One subcommand per proof."""
    proofs = parser.add_subparsers(dest="proof", metavar="内容", required=True)
    for name, (module, help_text) in PROOFS.items():
        importlib.import_module(module).configure(proofs.add_parser(name, help=help_text, description=help_text))
