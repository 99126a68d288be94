"""`python -m lib prove effect`: the effect of meetings, estimated where the true one is written down."""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import time
from collections.abc import Hashable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor

import pandas as pd

from lib.analysis.effect import Effect, effect_of
from lib.config import Settings
from lib.prove.panels import SCENARIOS, Case, Scenario, city

SEED = 20261101
LARGE = -0.25  # effects at least as strong as this should usually be found
COVERAGE, FALSE_EFFECTIVE, TRUE_ZEROS = 0.9, 0.05, 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--cities", type=int, default=100, help="每种情形生成多少个城市，每个城市四个议题")
    parser.add_argument("--seed", type=int, default=SEED, help="随机种子；同一种子结果相同")
    parser.add_argument("--workers", type=int, default=2, help="同时运行的进程数")
    parser.add_argument("--json", action="store_true", help="只输出一行 JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the table and a line of JSON; 1 when a promise is not kept."""
    started = time.monotonic()
    frame = pd.DataFrame(trials(args.cities, args.seed, args.workers))
    table = summary(frame)
    result = as_json(table, args.cities, args.seed)
    if not args.json:
        _print(table, time.monotonic() - started)
    keeps_promise = _keeps_promise(result, args.json)
    print(json.dumps(result, ensure_ascii=False))
    return 0 if keeps_promise else 1


def trials(cities: int, seed: int, workers: int = 1) -> Iterator[dict[str, object]]:
    """One dictionary per topic of every city of every scenario: what was said, and what was true. The same for any
    number of processes.
    """
    tasks = [(scenario, seed + number) for scenario in SCENARIOS for number in range(cities)]
    if workers == 1:
        yield from itertools.chain.from_iterable(map(_tried, tasks))
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from itertools.chain.from_iterable(pool.map(_tried, tasks, chunksize=8))


def _tried(task: tuple[Scenario, int]) -> list[dict[str, object]]:
    scenario, seed = task
    one = city(scenario, seed)
    rows: list[dict[str, object]] = []
    for case in one.cases:
        found = effect_of(case.topic, one.counts, one.last_day, case.others, one.free_days)
        rows.append({"scenario": scenario.key, "label": scenario.label, **_judged(found, case)})
    return rows


def _judged(found: Effect, case: Case) -> dict[str, object]:
    adjusted, naive = found.adjusted, found.published.month_on_month
    is_zero = case.truth == 0
    said = found.word == "成效明显"
    return {
        "truth": case.truth,
        "coverage": None if adjusted is None else float(adjusted.low <= case.truth <= adjusted.high),
        "bias": None if adjusted is None else adjusted.change - case.truth,
        "width": None if adjusted is None else adjusted.high - adjusted.low,
        "naive_bias": None if naive is None else naive - case.truth,
        "naive_error": None if naive is None else abs(naive - case.truth),
        "error": None if adjusted is None else abs(adjusted.change - case.truth),
        "false_effective": float(said) if is_zero else None,
        "naive_false": float(naive is not None and naive <= -0.1) if is_zero else None,
        "found": float(said) if case.truth <= LARGE and found.word != "观察期不足" else None,
        "too_short": float(found.word == "观察期不足"),
    }


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per scenario and one for all (scenario "pooled"): topics, true_zeros, without_interval, and the means of
    the trials' columns; means over no trial are NaN.
    """
    values = [c for c in frame.columns if c not in ("scenario", "label", "truth")]
    frame = frame.astype(dict.fromkeys(values, float))
    both = pd.concat([frame, frame.assign(scenario="pooled", label="合计")])
    groups = both.groupby(["scenario", "label"], sort=False)
    table = groups[values].mean()
    table.insert(0, "topics", groups.size())
    table.insert(1, "true_zeros", groups["false_effective"].count())
    table.insert(2, "without_interval", groups.size() - groups["coverage"].count())
    return table.reset_index()


def as_json(table: pd.DataFrame, cities: int, seed: int) -> dict[str, object]:
    """The pooled keys at the top, the same per scenario below; shares 0-1, None where nothing could be judged."""
    rows = {row["scenario"]: _rounded(row) for row in table.drop(columns="label").to_dict("records")}
    pooled = rows.pop("pooled")
    pooled.pop("scenario")
    for key, row in rows.items():
        assert row.pop("scenario") == key
    return {**pooled, "cities": cities, "seed": seed, "scenarios": rows}


def _rounded(row: Mapping[Hashable, object]) -> dict[str, object]:
    def shown(value: object) -> object:
        return (None if value != value else round(value, 4)) if isinstance(value, float) else value

    return {str(name): shown(value) for name, value in row.items()}


def _keeps_promise(result: dict[str, object], is_silent: bool) -> bool:
    faults = []
    if float(str(result["coverage"])) < COVERAGE:
        faults.append(f"区间覆盖率低于{COVERAGE:.0%}")
    if float(str(result["false_effective"])) > FALSE_EFFECTIVE:
        faults.append(f"误判成效明显的比例高于{FALSE_EFFECTIVE:.0%}")
    if not is_silent:
        if int(str(result["true_zeros"])) < TRUE_ZEROS:
            print(f"真实无变化的议题不足{TRUE_ZEROS}个，比例只作参考")
        for fault in faults:
            print(f"未达到：{fault}")
    return not faults


def _print(table: pd.DataFrame, seconds: float) -> None:
    print(
        "情形\t议题\t真实无变化\t区间覆盖率\t误判成效明显\t强成效判出\t观察期不足\t平均偏差\t环比平均偏差\t平均误差\t环比平均误差"
    )
    for row in table.to_dict("records"):
        shares = [row[c] for c in ("coverage", "false_effective", "found", "too_short")]
        points = [row[c] for c in ("bias", "naive_bias", "error", "naive_error")]
        cells = [row["label"], row["topics"], row["true_zeros"], *(_share(v) for v in shares)]
        cells += ["—" if v != v else f"{v * 100:+.1f}" for v in points[:2]]
        cells += ["—" if v != v else f"{v * 100:.1f}" for v in points[2:]]
        print("\t".join(map(str, cells)))
    print(f"偏差、误差的单位是百分点；强成效指真实降幅不小于{-LARGE:.0%}且观察期足够的议题。用时{seconds:.0f}秒")


def _share(value: float) -> str:
    return "—" if value != value else f"{value:.1%}"
