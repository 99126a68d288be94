import json
from dataclasses import replace
from datetime import datetime

from lib.server import health, prepare
from lib.store import choose_pair, open_store, pair_dir, read_pointer
from tests.factories import create_ticket, publish_rows

AS_OF = datetime(2026, 10, 20)


def publish(settings, pair="demo"):
    publish_rows(settings, [create_ticket(), create_ticket(ticket_no="2")], as_of=AS_OF, pair=pair).dispose()
    choose_pair(settings, pair)


def test_healthy_names_version_and_as_of(settings):
    publish(settings)
    status, body = health.check(settings)
    assert status == 200
    assert body["version"] == read_pointer(settings, "demo").version
    assert body["as_of"] == "2026-10-20T00:00:00"
    assert body["tickets"] == 2


def test_health_looks_while_a_page_holds_the_same_version(settings):
    publish(settings)
    page = open_store(settings)
    assert health.check(settings)[0] == 200
    assert health.check(settings)[0] == 200
    page.dispose()


def test_without_data_health_says_what_to_do(settings):
    status, body = health.check(settings)
    assert status == 503
    assert "导入" in body["reason"]


def test_damaged_pointer_is_503(settings):
    publish(settings)
    (pair_dir(settings, "demo") / "current.json").write_text("{", "utf-8")
    status, body = health.check(settings)
    assert status == 503
    assert "损坏" in body["reason"]


def test_damaged_file_is_503(settings):
    publish(settings)
    file = pair_dir(settings, "demo") / read_pointer(settings, "demo").file
    file.chmod(0o600)
    content = file.read_bytes()
    file.write_bytes(content[:5000] + bytes(len(content) - 5000))
    status, body = health.check(settings)
    assert status == 503
    assert "损坏" in body["reason"]


def test_missing_segment_is_503(settings):
    publish(settings)
    pointer = read_pointer(settings, "demo")
    for name in pointer.segments.values():
        (pair_dir(settings, "demo") / name).unlink()
    assert health.check(settings)[0] == 503


def test_unreachable_server_is_503(settings):
    gone = replace(settings, tickets_url="postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2")
    status, body = health.check(gone)
    assert status == 503
    assert "工单库无法打开" in body["reason"]


def test_start_without_data_asks_for_the_demo(settings):
    assert prepare.state(settings)[0] == prepare.NEEDS_DEMO


def test_start_with_data_asks_for_nothing(settings):
    publish(settings)
    code, sentence = prepare.state(settings)
    assert code == prepare.READY
    assert "2026-10-20" in sentence


def test_start_never_replaces_the_citys_own_data(settings):
    publish(settings)
    choose_pair(settings, "city")
    code, sentence = prepare.state(settings)
    assert code == prepare.READY
    assert "尚无数据" in sentence


def test_start_makes_a_demo_of_another_release_again(settings):
    publish(settings)
    path = pair_dir(settings, "demo") / "current.json"
    raw = json.loads(path.read_text("utf-8")) | {"schema_revision": 0}
    path.write_text(json.dumps(raw), "utf-8")
    assert prepare.state(settings)[0] == prepare.NEEDS_DEMO
