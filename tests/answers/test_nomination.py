"""From a finding to a proposal: titles, figures, dates, masked texts; and the command that runs the rules."""

import json
from datetime import date, datetime, timedelta

import pytest

from lib.access.roles import Access, NotAllowedError
from lib.answers.nomination import WITH_TEXTS, due_before, nominate
from lib.answers.source import Source
from lib.assessment_store import open_assessment
from lib.city import load_city
from lib.cli import main
from lib.config import Settings
from lib.lists.due import WorkingDays
from lib.lists.rules import RULES_FILE, read_rules
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.store import open_store
from tests.access.stores import rows
from tests.factories import create_callback, create_ticket, publish_rows

AS_OF = datetime(2026, 11, 1)
UNIT, PLACE, MATTER = "S02", "990102", "0302"
IN_PLACE = {"district_code": PLACE, "category1_code": "03", "category2_code": MATTER, "category_code": MATTER,
            "channel_code": "L1"}  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Thirty tickets of one unit handled three times, one of them restricted, one with a phone number; an overdue."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("nominate"), city="anyang", tickets_url=None)
    tickets = [
        create_ticket(ticket_no=f"R{k:02d}", unit_code=UNIT, round_count=3, received_at=AS_OF - timedelta(days=40 - k),
                      title=f"路灯{k}不亮", reply="电话13812345678，灯已修好" if k > 27 else None, **IN_PLACE,
                      restricted_class="official" if k == 29 else None)
        for k in range(30)
    ]  # fmt: skip
    tickets.append(create_ticket(ticket_no="LATE", unit_code=UNIT, received_at=datetime(2026, 9, 1), is_closed=False,
                                 closed_at=None, due_at=datetime(2026, 9, 8, 18), **IN_PLACE))  # fmt: skip
    calls = [create_callback(row["ticket_id"]) for row in tickets]
    publish_rows(settings, tickets, calls, as_of=AS_OF, pair="demo", city=load_city("demo")).dispose()
    return settings


@pytest.fixture
def source(published):
    store = open_store(published, "demo")
    with store.engine.connect() as conn:
        yield Source(conn, store.pointer, load_city("demo"))
    store.dispose()


def test_a_proposal_says_what_where_how_often_and_by_which_rule(source):
    told = []
    done = nominate(source, read_rules(), tell=lambda *step: told.append(step))
    by_rule = {proposal.rule: proposal for proposal in done.proposals}
    assert set(by_rule) == {"reworked", "overdue"}
    reworked = by_rule["reworked"]
    assert reworked.title == "示例市城市管理局：供电多次重办"
    assert (reworked.unit_code, reworked.district_code, reworked.category_code) == (UNIT, PLACE, MATTER)
    assert reworked.chain["figures"][0] == {"label": "涉及工单", "value": "30件", "meaning": "符合本规则口径的工单"}
    assert "不少于3轮" in reworked.chain["definition"]
    assert "疑点提示" in reworked.chain["words"]
    assert [key[1] for key in reworked.tickets][:2] == ["R29", "R28"]  # the newest first
    late = by_rule["overdue"].chain["tickets"][0]
    assert (late["no"], late["due_at"], late["closed_at"]) == ("LATE", "2026-09-08 18:00", "")
    # 9–30 September without weekends and 25 September, but with Sunday the 20th: 16; 8–31 October with Saturday
    # the 10th: 18.
    assert late["remark"] == "逾期34个工作日"
    assert told[0][2] == "研判：多次重办"
    assert told[-1][:2] == (8, 8)
    json.dumps([dict(p.chain) for p in done.proposals])


def test_texts_are_masked_and_restricted_ones_are_not_there(source):
    chain = next(p for p in nominate(source, read_rules()).proposals if p.rule == "reworked").chain
    restricted, second = chain["tickets"][:2]
    assert restricted["title"] == "（限制件，内容不显示）"
    assert "reply" not in restricted
    assert chain["restricted"] == 1
    assert second["title"] == "路灯28不亮"
    assert "13812345678" not in second["reply"]
    assert "灯已修好" in second["reply"]
    assert [("title" in ticket) for ticket in chain["tickets"]] == [k < WITH_TEXTS for k in range(30)]


def test_an_earlier_moment_moves_the_windows(source):
    before = nominate(source, read_rules(), AS_OF - timedelta(days=30))
    assert {p.rule: len(p.tickets) for p in before.proposals} == {"reworked": 11, "overdue": 1}
    with pytest.raises(ValueError, match="晚于数据截至时间"):
        nominate(source, read_rules(), AS_OF + timedelta(seconds=1))


def test_whoever_sees_a_part_of_the_city_cannot_run_the_rules(source):
    part = Source(source.conn, source.pointer, source.city, Access((UNIT,)))
    with pytest.raises(NotAllowedError):
        nominate(part, read_rules())


def test_no_rule_in_force_is_said(source, tmp_path):
    book = read_rules()
    file = tmp_path / "nomination_rules.yaml"
    text = RULES_FILE.read_text("utf-8").replace("valid_from: 2020-01-01", "valid_from: 2027-01-01")
    file.write_text(text, "utf-8")
    done = nominate(source, read_rules(file))
    assert done.proposals == ()
    assert set(done.skipped) == set(book.labels())


@pytest.mark.parametrize(("workdays", "day"), [(1, 29), (2, 28), (5, 23)])
def test_more_than_so_many_working_days(workdays, day):
    days, today = WorkingDays({}), date(2026, 10, 31)  # a Saturday off
    first = due_before(days, today, workdays).date()
    assert first == date(2026, 10, day)
    assert days.between(first - timedelta(days=1), today) == workdays + 1
    assert days.between(first, today) == workdays


def test_the_command_stores_what_is_new_once(published, monkeypatch, capsys):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(published.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["nominate", "--pair", "demo", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["found"], report["added"], report["as_of"]) == (2, 2, "2026-11-01T00:00:00")
    assert {row["rule"]: row["found"] for row in report["rules"] if row["found"]} == {"reworked": 1, "overdue": 1}
    assert main(["nominate", "--pair", "demo"]) == 0
    assert "找到 2 条疑点，新增建议 0 条" in capsys.readouterr().out
    store = open_assessment(published, "demo")
    assert len(rows(store, t.list_suggestions)) == 2
    assert {e.account for e in rows(store, a.audit_entries) if e.action == "nomination_run"} == {"command-line"}
    store.dispose()
    assert main(["nominate", "--pair", "demo", "--as-of", "2026-10-31", "--json"]) == 0  # a day stands for its end
    assert json.loads(capsys.readouterr().out)["as_of"] == "2026-11-01T00:00:00"
    for wrong in ("昨天", "2026-10-31T18:00+08:00"):
        with pytest.raises(SystemExit):
            main(["nominate", "--pair", "demo", "--as-of", wrong])
    assert main(["nominate", "--pair", "demo", "--as-of", "2026-12-01"]) == 2
    assert "晚于数据截至时间" in capsys.readouterr().err
    assert main(["nominate", "--pair", "city"]) == 2
