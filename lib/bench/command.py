"""`python -m lib bench`: measure in a temporary place, print the ratios, write docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from lib.config import ROOT, Settings

DOCUMENT = ROOT / "docs" / "performance.md"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--sizes", type=_sizes, default=(1.0, 10.0), help="工单量，单位百万，逗号分隔（默认 1,10）")
    parser.add_argument("--place", type=Path, help="放数据的文件夹，保留并在下次沿用（默认用临时文件夹，测完删除）")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="结果写到哪里（默认 docs/performance.md）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measure every size, one after the other; the document is written when all of them stand."""
    from lib.bench import importing, measure, report
    from lib.bench.visitor import BenchError

    measured = []
    try:
        for millions in args.sizes:
            with _folder(args.place, millions) as folder:
                place = replace(settings, data_dir=folder / "var", tickets_url=None)
                _say(f"生成约 {millions:g} 百万件工单")
                result = measure.make_city(place, round(millions * 1e6))
                _say("八个问题，三种做法")
                measure.ask_questions(place, folder, result)
                measure.open_pages(place, folder, result, _say)
                _say("导入 5,000 行变动")
                importing.import_changes(place, folder, result)
                report.print_summary(result)
                measured.append(result)
    except BenchError as error:
        print(f"测量无效：{error}", file=sys.stderr)
        return 2
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(report.document(measured, date.today()), "utf-8")
    _say(f"已写入 {args.output}")
    return 0


@contextmanager
def _folder(place: Path | None, millions: float) -> Iterator[Path]:
    """Where a size is measured: a folder of its own that goes away, or one below `place` that stays."""
    if place is None:
        with tempfile.TemporaryDirectory(prefix="minsheng-bench-") as name:
            yield Path(name)
        return
    folder = place.resolve() / f"{millions:g}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _say(text: str) -> None:
    print(text, flush=True)


def _sizes(text: str) -> tuple[float, ...]:
    try:
        sizes = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("应为数字，例如 1,10") from error
    if any(size <= 0 for size in sizes):
        raise argparse.ArgumentTypeError("应为正数")
    return sizes
