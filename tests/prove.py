"""`make prove`: every promise of the product, shown by running what shows it, or said to be still open."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

NOT_YET = "尚不能证明"


@dataclass(frozen=True)
class Promise:
    """text: what is promised. shown_by: tests (file, or file::function) that fail when it is broken. open: what is
    still missing before the promise is whole; with no test at all, nothing of it can be shown now.
    """

    text: str
    shown_by: tuple[str, ...] = ()
    open: str = ""


PROMISES = (
    Promise("导入要么全部、要么没有：随时断电也不会留下半个版本",
            ("tests/ingest/test_publish_survives.py",
             "tests/ingest/test_import_files.py::test_a_bad_part_changes_nothing",
             "tests/ingest/test_publish_postgres.py::test_a_failure_leaves_the_old_version")),
    Promise("每一行都有着落：读取＝新增＋更新＋不变＋退回，退回的每一行写明行号、列、值和原因",
            ("tests/ingest/test_publish.py::test_every_refused_row_is_counted_and_logged",
             "tests/ingest/test_samples.py",
             "tests/ingest/test_validate_rows.py::test_rejected_rows_come_back_as_a_workbook_that_imports_again")),
    Promise("拟列规则与另行计算一致；模糊规则在未参与调整的城市上查全九成、查准八成以上",
            ("tests/queries/test_nomination.py", "tests/analysis/test_prove_nomination.py")),
    Promise("演示城市可重现：同一种子、任意线程数、两种数据库，逐行相同", ("tests/demo/test_generation.py",)),
    Promise("同一文件导入两次，第二次什么也不变",
            ("tests/ingest/test_publish.py::test_the_same_import_again_changes_nothing",
             "tests/ingest/test_samples.py")),
    Promise("恶意或损坏的文件伤不到服务：给出中文原因，数据不变", ("tests/ingest/test_bad_files.py",)),
    Promise("不显示错误的数：数据损坏时健康检查返回 503，页面说明原因",
            ("tests/server/test_health.py", "tests/browser/test_states.py")),
    Promise("没有请求离开本机：浏览器的每个请求、服务进程的每个连接都被记录",
            ("tests/browser/test_egress.py",)),
    Promise("每个指标与独立计算一致；两种数据库结果相同",
            ("tests/metrics/test_cases.py", "tests/queries/test_counts.py::test_both_databases_give_the_same_answer")),
    Promise("汇总与明细一致",
            ("tests/ingest/test_rollups.py", "tests/queries/test_counts.py::test_rollups_answer_as_the_facts_do",
             "tests/ingest/test_publish.py::test_rollups_after_imports_equal_a_full_build")),
    Promise("每个指标在每个页面上都打得开", ("tests/pages/test_explaining_pages.py",)),
    Promise("任何数字都能打开到分子、分母和背后的工单",
            ("tests/browser/test_figures.py",
             "tests/answers/test_tickets.py::test_the_list_behind_a_figure_is_as_long_as_the_figure_says")),
    Promise("个人信息脱敏；限阅工单只计数不显示",
            ("tests/access/test_masking.py",
             "tests/answers/test_tickets.py::test_restricted_tickets_are_counted_but_not_read_or_searched",
             "tests/answers/test_tickets.py::test_personal_data_is_masked_in_list_and_detail",
             "tests/access/test_masking_at_scale.py", "tests/answers/test_masked_frames.py")),
    Promise("看一件工单的原文要写明理由并留痕；承办单位只看到本单位及下属的工单和数字",
            ("tests/commands/test_tickets.py", "tests/answers/test_reach.py")),
    Promise("界面没有英文词，框架自带的词也译成中文",
            ("tests/browser/test_pages.py", "tests/server/test_front_end.py")),
    Promise("链接打开同一视图，筛选换页保留", ("tests/browser/test_filters.py",)),
    Promise("未登录者什么也得不到；角色权限逐格核对；冒用会话、伪造请求头都不成功",
            ("tests/server/test_walk.py", "tests/server/test_gate_served.py", "tests/server/test_entrance.py",
             "tests/pages/test_roles.py", "tests/browser/test_sign_in.py")),
    Promise("退出、停用、变更权限后，已打开的页面在五秒内断开", ("tests/server/test_gate_served.py",)),
    Promise("历史改动必被发现；审计链可由外人核验",
            ("tests/access/test_audit_chain.py", "tests/access/test_audit_command.py")),
    Promise("导入、导出先记意图、后记结果，中断的在启动时核对清楚",
            ("tests/access/test_audit_acts.py", "tests/server/test_exports.py")),
    Promise("导出文件只有本人本次会话能取", ("tests/server/test_exports.py", "tests/access/test_offers.py")),
    Promise("调度成效不把偶然说成成效：区间盖住真实变化，没有变化的议题判为成效明显的不超过百分之五",
            ("tests/analysis/test_effect.py", "tests/analysis/test_prove_effect.py")),
    Promise("诉求突增七日内发现九成以上，每事项每年误报不超过一次；八周预测的区间如其所言；历史太短太疏时说明原因、不作研判",
            ("tests/analysis/test_prove_radar.py", "tests/analysis/test_radar_judging.py",
             "tests/analysis/test_surges.py", "tests/analysis/test_forecast.py")),
    Promise("草稿不丢：已确认保存的草稿在服务器被强行结束后仍在，没来得及保存的留在打开的页面上；保存途中中断不丢也不重",
            ("tests/browser/test_list_entry_killed.py", "tests/commands/lists/test_drafts.py",
             "tests/server/test_list_drafts.py", "tests/pages/test_list_entry.py::test_a_draft_is_offered_again")),
    Promise("两人同时修改同一事项，只有一人成功，另一人看到两个版本；同一表单交两次只办一次；写入中断电不丢已确认的内容",
            ("tests/commands/lists/test_races.py", "tests/commands/lists/test_survives.py",
             "tests/pages/test_lists.py::test_two_people_edit_and_the_second_chooses_field_by_field",
             "tests/pages/test_lists.py::test_a_form_overtaken_by_somebody_else_keeps_what_was_typed")),
    Promise("清单每一步只有该办的人在该办的时候能办，须由第二人办的不能一人包办，时限按工作日",
            ("tests/commands/lists/test_steps.py", "tests/commands/lists/test_requests.py",
             "tests/commands/lists/test_hand_over.py", "tests/browser/test_lists.py")),
    Promise("一件事项从列入、移交、交办、催办、报回到两人销号、回头看，在浏览器中走通；数据在文件里或服务器上都一样",
            ("tests/browser/test_lists.py::test_from_the_hotline_to_the_close_out_and_after",
             "tests/browser/test_letters.py::test_a_notice_goes_out_and_its_reply_sheet_comes_back")),
    Promise("承办单位只看得到交办给自己的清单事项，看不到其他单位说了什么、移交和议过什么",
            ("tests/answers/test_list_items.py",)),
    Promise("开过的会保持当时的样子", open="会议与冻结数据"),
    Promise("文号不重不漏：百人同时出具各得一号，生成失败不占号，作废的可见不再用；文书在办公软件中打得开",
            ("tests/commands/lists/test_documents.py", "tests/documents/test_letters.py",
             "tests/documents/test_docx_template.py")),
    Promise("单位不登录也能回复：一页回复表去而复返，错表、坏表、别人的表都说明原因，同一张只登记一次",
            ("tests/documents/test_reply_sheet.py", "tests/commands/lists/test_replies.py",
             "tests/browser/test_letters.py")),
    Promise("可以从使用中的备份恢复", ("tests/deploy/test_backup.py",)),
)  # fmt: skip


class Outcomes:
    """A pytest plugin that keeps what became of each test, by its file and function."""

    def __init__(self) -> None:
        self.by_test: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the call itself, and whatever ended earlier."""
        if report.when == "call" or report.outcome != "passed":
            self.by_test.setdefault(re.split(r"[\[@]", report.nodeid)[0], Counter())[report.outcome] += 1

    def of(self, shown_by: Sequence[str]) -> Counter[str]:
        """Outcomes of the tests that a promise names."""
        total: Counter[str] = Counter()
        for test, outcomes in self.by_test.items():
            if any(test == name or test.startswith(f"{name}::") for name in shown_by):
                total += outcomes
        return total


def main() -> int:
    """Run, print one line per promise; 1 when a promise that should hold does not."""
    parser = argparse.ArgumentParser(description="逐条列出承诺，运行能够证明它的测试")
    parser.add_argument("--workers", default="2", help="同时运行的进程数")
    workers = parser.parse_args().workers
    outcomes = Outcomes()
    tests = sorted({name for promise in PROMISES for name in promise.shown_by})
    # Browser tests apart, because their driver keeps an event loop running in its process.
    for kind in ("not browser", "browser"):
        options = ["-q", "--no-header", "--tb=short", "-n", workers, "--dist", "loadfile", "-m", kind]
        pytest.main([*options, *tests], plugins=[outcomes])
    broken = 0
    print()
    for promise in PROMISES:
        seen = outcomes.of(promise.shown_by)
        rest = f"；尚缺：{promise.open}" if promise.open else ""
        if not promise.shown_by:
            print(f"〇 {promise.text} —— {NOT_YET}：{promise.open}")
        elif seen["failed"] or not seen["passed"]:
            broken += 1
            print(f"✗ {promise.text} —— {seen['failed']} 项不通过，{seen['skipped']} 项未运行{rest}")
        else:
            skipped = f"，{seen['skipped']} 项因缺少样例未运行" if seen["skipped"] else ""
            print(f"✓ {promise.text} —— {seen['passed']} 项通过{skipped}{rest}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
