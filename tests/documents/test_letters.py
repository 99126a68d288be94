"""The letters that come with the product: drawn as the script draws them, filled with what the item says."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import docx
import pandas as pd
import pytest

from lib.answers import ItemDetail, ListView, list_item, list_items
from lib.assessment_store import AssessmentStore
from lib.commands.lists import reports, requests
from lib.config import ROOT
from lib.documents import briefing, letter_templates, letter_words, letters, reply_sheet
from lib.documents.docx_template import TemplateError, named_in
from lib.lists import letters as rules
from lib.lists import reply
from tests.commands.lists.letter_desk import UNITS, desk, put_in, put_item, words_of

NOWHERE = Path("/nonexistent")
CLERK = desk()
VIEW = ListView(CLERK.person, None, CLERK.today, CLERK.profile, UNITS)


def detail(store: AssessmentStore, item_no: str) -> ItemDetail:
    with store.reading() as conn:
        found = list_item(conn, VIEW, item_no)
    assert found is not None
    return found


def drawn(key: str, of: ItemDetail, unit_code: str | None = "U1", **said: str) -> bytes:
    """The letter about an item, numbered."""
    words, groups = letter_words.about_item(key, of, VIEW.profile, VIEW.today, unit_code, UNITS, said)
    title = rules.titled(rules.LETTERS[key], of.row["title"], "")
    return letters.letter(key, VIEW.profile, NOWHERE, {**words, "文号": "示督办〔2026〕15号", "标题": title}, groups)


@pytest.fixture
def item_no(store: AssessmentStore) -> str:
    """An item on which something happened."""
    number = put_item(
        store, source="instruction", instructed_by="李明", instructed_on=date(2026, 10, 12),
        instruction="月底前报结果。", target="恢复供水", supporting_unit_codes=("U2",), manifestation="夜间停水",
    )  # fmt: skip
    put_in(store, number, assigned_on=date(2026, 10, 13), first_due_on=date(2026, 10, 30))
    reports.report(store, CLERK, reports.Report(number, "已完成3个小区。", unit_code="U1"))
    reports.urge(store, CLERK, reports.Urge(number, "说明开工时间。"))
    return number


def test_templates_in_the_repository_are_those_the_script_draws() -> None:
    made = letter_templates.templates()
    assert {path.name for path in letters.STANDARD.glob("*.docx")} == set(made)
    for name, content in made.items():
        assert parts(letters.STANDARD.joinpath(name).read_bytes()) == parts(content), name


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("key", rules.LETTERS)
def test_every_template_names_only_what_is_known_and_its_number(key: str) -> None:
    named = named_in((letters.STANDARD / rules.LETTERS[key].file_name).read_bytes(), key)
    assert "文号" in named
    assert named <= set(rules.placeholders(key))


@pytest.mark.parametrize("key", rules.LETTERS)
def test_every_placeholder_is_documented(key: str) -> None:
    said = (ROOT / "docs" / "letters.md").read_text("utf-8")
    assert [name for name in rules.placeholders(key) if f"{{{{{name}}}}}" not in said] == []


def test_paper_is_laid_out_as_official_letters_are() -> None:
    paper = docx.Document(str(letters.STANDARD / "督办通知单.docx"))
    page, body = paper.sections[0], paper.styles["Normal"].font
    assert (page.page_width.mm, page.page_height.mm) == pytest.approx((210, 297), abs=0.1)
    margins = (page.top_margin.mm, page.bottom_margin.mm, page.left_margin.mm, page.right_margin.mm)
    assert margins == pytest.approx((37, 35, 28, 26), abs=0.1)
    assert (body.name, body.size.pt) == ("仿宋_GB2312", 16)
    title = next(p for p in paper.paragraphs if p.text == "{{标题}}")
    assert (title.runs[0].font.name, title.runs[0].font.size.pt) == ("方正小标宋简体", 22)
    asked = next(p for p in paper.paragraphs if p.text.startswith("现将"))
    assert asked.paragraph_format.line_spacing.pt == 28
    footer = page.footer._element.xml
    assert "PAGE" in footer
    fonts = parts((letters.STANDARD / "督办通知单.docx").read_bytes())["word/fontTable.xml"].decode()
    assert re.search('w:name="仿宋_GB2312"><w:altName w:val="仿宋', fonts)


def test_a_notice_says_what_the_item_says(store: AssessmentStore, item_no: str) -> None:
    said = words_of(drawn("notice", detail(store, item_no), 办理要求="每周报告"))
    for text in ("中共示例市委督查局", "示督办〔2026〕15号", "示例市住房保障局：", "青禾小区二次供水改造久拖不决",
                 item_no, "李明2026年10月12日批示：月底前报结果。", "示例市东湖区", "2026年11月9日", "每周报告",
                 reply.number("demo", item_no, "U1"), "演示数据"):  # fmt: skip
        assert text in said, text
    assert "{{" not in said


def test_an_urging_names_its_level_and_what_came_before(store: AssessmentStore, item_no: str) -> None:
    said = words_of(drawn("urging", detail(store, item_no)))
    assert "还有5个工作日，此前未催办。现予电话催办。" in said
    assert "说明开工时间。" in said
    assert "请于2026年11月5日前报告" in said


def test_forms_carry_the_request_and_a_line_for_each_signature(store: AssessmentStore, item_no: str) -> None:
    version = detail(store, item_no).row["version"]
    requests.ask_extension(
        store, CLERK, requests.AskExtension(item_no, version, "招标流标", date(2026, 11, 30), unit_code="U1")
    )
    said = words_of(drawn("extension", detail(store, item_no), None))
    assert {"招标流标", "2026年11月30日", "2026年10月30日", "待审批"} <= set(said.split("\n"))
    assert [line for line in said.split("\n") if line in VIEW.profile.approval_chain] == [
        "经办人",
        "科室负责人",
        "分管领导",
    ]


def test_a_hand_over_brings_its_receipt(store: AssessmentStore) -> None:
    number = put_item(store, "problem", problem_type="long_delayed")
    said = words_of(drawn("hand_over", detail(store, number), None, 接收单位="中共示例市委督查局", 移交理由="两次延期"))
    assert "移交签收回执" in said
    assert "移交理由：两次延期" in said
    assert said.count("示例市12345政务服务便民热线中心") == 3
    assert "附件" not in said


@pytest.mark.parametrize("key", [key for key, letter in rules.LETTERS.items() if letter.about_item])
def test_an_item_that_says_little_leaves_no_gaps(store: AssessmentStore, key: str) -> None:
    kind = rules.LETTERS[key].lists[0]
    said = words_of(drawn(key, detail(store, put_item(store, kind)), "U1"))
    assert "{{" not in said
    assert "None" not in said
    assert "nan" not in said


def test_a_real_city_carries_no_demo_mark(store: AssessmentStore, item_no: str) -> None:
    real = dataclasses.replace(VIEW.profile, is_fictional=False)
    assert "演示数据" not in words_of(letters.letter("notice", real, NOWHERE, {}, {}))


def test_the_city_s_own_template_comes_before_the_product_s(tmp_path: Path) -> None:
    own = tmp_path / letters.FOLDER / "督办通知单.docx"
    own.parent.mkdir()
    paper = docx.Document()
    paper.add_paragraph("本市自己的：{{事项}}")
    paper.save(str(own))
    assert letters.template_file("notice", "demo", tmp_path) == own
    assert letters.template_file("urging", "demo", tmp_path).parent == letters.STANDARD
    assert "本市自己的：供水" in words_of(letters.letter("notice", VIEW.profile, tmp_path, {"事项": "供水"}, {}))
    own.write_bytes(b"not a document")
    with pytest.raises(TemplateError, match="督办通知单"):
        letters.letter("notice", VIEW.profile, tmp_path, {}, {})


def test_briefings_count_as_the_list_does(store: AssessmentStore) -> None:
    for number, (state, unit, due, closed) in enumerate((
        ("handling", "U1", date(2026, 10, 20), None), ("handling", "U1", date(2026, 11, 4), None),
        ("closed", "U2", date(2026, 10, 20), date(2026, 10, 19)),
        ("closed", "U2", date(2026, 10, 20), date(2026, 10, 21)),
        ("closed", "U2", date(2026, 8, 20), date(2026, 8, 19)), ("proposed", "U1", date(2026, 11, 30), None),
    )):  # fmt: skip
        item = put_item(store, state=state, title=f"事项{number}", lead_unit_code=unit, due_on=due)
        put_in(store, item, closed_on=closed, assigned_on=date(2026, 10, 5))
    with store.reading() as conn:
        items = list_items(conn, VIEW, "supervision")
    period = (date(2026, 10, 1), date(2026, 11, 2))
    found = briefing.tally(items, *period)
    assert (found.listed, found.under_way, found.overdue, found.near, found.closed) == (5, 2, 1, 1, 3)
    assert (found.closed_in_period, found.closed_with_limit, found.closed_on_time) == (2, 2, 1)
    words, groups = briefing.about_list("report", items, "supervision", VIEW.profile, VIEW.today, period, {
        "工作建议": "一\n\n二"})  # fmt: skip
    assert "按期1件，按期率50.0%" in words["总体情况"]
    assert [row["事项"] for row in groups["逾期"]] == ["事项0"]
    assert [row["内容"] for row in groups["建议"]] == ["一", "二"]
    _, groups = briefing.about_list("circular", items, "supervision", VIEW.profile, VIEW.today, period, {})
    assert [(r["名称"], r["事项数"], r["逾期"]) for r in groups["单位"]] == [
        ("示例市住房保障局", "2", "1"), ("示例市东湖区", "3", "0"),
    ]  # fmt: skip
    many = pd.concat([items] * (briefing.OVERDUE_SHOWN + 1))
    words, groups = briefing.about_list("report", many, "supervision", VIEW.profile, VIEW.today, period, {})
    assert len(groups["逾期"]) == briefing.OVERDUE_SHOWN
    assert "下表为逾期最久的20件，其余见台账" in words["移交与督办情况"]
    with store.reading() as conn:
        none = list_items(conn, VIEW, "problem")
    empty, _ = briefing.about_list("circular", none, "problem", VIEW.profile, VIEW.today, period, {})
    assert "按期率" not in empty["总体情况"]


@pytest.mark.proof
def test_an_office_program_opens_every_letter(store: AssessmentStore, item_no: str, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not installed on this machine")
    of = detail(store, item_no)
    for key, letter in rules.LETTERS.items():
        if letter.about_item:
            (tmp_path / f"{key}.docx").write_bytes(drawn(key, of))
    printed, number = reply.printed(of.row, "中共示例市委督查局", UNITS["U1"]), reply.number("demo", item_no, "U1")
    (tmp_path / "reply.docx").write_bytes(reply_sheet.as_docx(printed, number, "演示数据"))
    (tmp_path / "sheet.xlsx").write_bytes(reply_sheet.as_xlsx(printed, number, "演示数据"))
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    files = sorted(str(path) for path in tmp_path.glob("*.*x"))
    subprocess.run([office, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files], check=True,
                   capture_output=True, timeout=180)  # fmt: skip
    pages = {path.stem: len(re.findall(rb"/Type\s*/Page[^s]", path.read_bytes())) for path in tmp_path.glob("*.pdf")}
    assert set(pages) == {Path(file).stem for file in files}
    one_page = {"urging", "extension", "close_out", "reply", "sheet"}
    assert {stem: pages[stem] for stem in one_page} == dict.fromkeys(one_page, 1)
