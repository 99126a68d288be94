"""Projection devices: registered by the system administrator, bound once, revoked for good."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lib import cli
from lib.access import devices, sessions
from lib.access.accounts import Refused, SignedIn, Visit
from lib.access.devices import Bound
from lib.access.roles import ROLES, Identity, NotAllowedError
from lib.commands import CommandError
from lib.commands.devices import RegisterDevice, RevokeDevice, register, revoke
from lib.schema import assessment as a
from tests.access.stores import NOW, rows

ADMIN = Identity("admin", "管理员", "system_admin")
VISIT = Visit("10.1.2.3", "Chromium on the wall", NOW)


def registered(store, label="市委一号会议室"):
    return register(store, ADMIN, RegisterDevice(label), now=NOW)


def at(minutes):
    return Visit(VISIT.peer, VISIT.user_agent, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "system_admin"])
def test_only_the_system_administrator_registers_and_revokes(store, role):
    device = registered(store)
    other = Identity("x", "某人", role)
    with pytest.raises(NotAllowedError):
        register(store, other, RegisterDevice("二号"), now=NOW)
    with pytest.raises(NotAllowedError):
        revoke(store, other, RevokeDevice(device.device_ref), now=NOW)
    assert [row.revoked_at for row in rows(store, a.kiosk_devices)] == [None]


def test_a_device_is_bound_once_and_opens_sessions_of_its_role(store):
    device = registered(store)
    bound = devices.bind(store, device.code.lower().replace("-", " "), VISIT)
    assert isinstance(bound, Bound)
    again = devices.bind(store, device.code, VISIT)
    assert isinstance(again, Refused)
    opened = devices.open_session(store, bound.token, VISIT)
    assert isinstance(opened, SignedIn)
    with store.reading() as conn:
        identity = sessions.by_token(conn, opened.token, now=NOW).identity
    assert (identity.role, identity.display_name, identity.unit_code) == ("kiosk", "市委一号会议室", None)
    acts = [(row.action, row.account) for row in rows(store, a.audit_entries)]
    assert acts[0] == ("device_added", "admin")
    assert acts[1] == ("device_bound", f"kiosk-{device.device_ref}")


def test_a_code_is_void_after_ten_minutes(store):
    code = registered(store).code
    assert isinstance(devices.bind(store, code, at(10)), Refused)
    assert isinstance(devices.bind(store, code, at(9)), Bound)


@pytest.mark.parametrize("code", ["", "    ", "AAAA-AAAA-AAAA", "\x00", "配对码" * 1000])
def test_other_codes_bind_nothing(store, code):
    registered(store)
    assert isinstance(devices.bind(store, code, VISIT), Refused)
    assert [row.outcome for row in rows(store, a.sign_ins)] == ["not_allowed"]


def test_neither_code_nor_token_stands_in_the_database(store):
    device = registered(store)
    waiting = everything(store)
    bound = devices.bind(store, device.code, VISIT)
    opened = devices.open_session(store, bound.token, VISIT)
    kept = waiting + everything(store)
    for secret in (device.code, device.code.replace("-", ""), bound.token, opened.token):
        assert secret not in kept


def everything(store):
    with store.reading() as conn:
        return " ".join(str(tuple(row)) for table in a.metadata.sorted_tables for row in conn.execute(select(table)))


def test_a_device_has_one_session_at_a_time(store):
    bound = devices.bind(store, registered(store).code, VISIT)
    first = devices.open_session(store, bound.token, VISIT)
    second = devices.open_session(store, bound.token, at(1))
    with store.reading() as conn:
        assert sessions.by_token(conn, first.token, now=NOW) is None
        assert sessions.by_token(conn, second.token, now=NOW + timedelta(minutes=1)) is not None


def test_revoking_ends_the_session_and_the_device(store):
    device = registered(store)
    bound = devices.bind(store, device.code, VISIT)
    opened = devices.open_session(store, bound.token, VISIT)
    revoke(store, ADMIN, RevokeDevice(device.device_ref, "会议室改造"), now=NOW)
    with store.reading() as conn:
        assert sessions.by_token(conn, opened.token, now=NOW) is None
    assert isinstance(devices.open_session(store, bound.token, VISIT), Refused)
    assert [row.end_reason for row in rows(store, a.sessions)] == ["disabled"]
    with pytest.raises(CommandError, match="早已停用"):
        revoke(store, ADMIN, RevokeDevice(device.device_ref), now=NOW)
    # The place is free for another device.
    registered(store)


def test_a_revoked_device_cannot_be_bound_any_more(store):
    device = registered(store)
    revoke(store, ADMIN, RevokeDevice(device.device_ref), now=NOW)
    assert isinstance(devices.bind(store, device.code, VISIT), Refused)


@pytest.mark.parametrize("label", ["", "  ", "长" * 33, "a\x00b", "市委一号会议室"])
def test_a_label_is_a_short_name_nobody_else_has(store, label):
    registered(store)
    with pytest.raises(CommandError):
        registered(store, label)
    assert len(rows(store, a.kiosk_devices)) == 1
    assert len(rows(store, a.accounts)) == 1


def test_states_are_listed(store):
    bound = devices.bind(store, registered(store, "一号").code, VISIT)
    devices.open_session(store, bound.token, VISIT)
    registered(store, "二号")
    revoke(store, ADMIN, RevokeDevice(registered(store, "三号").device_ref), now=NOW)
    with store.reading() as conn:
        now = {d.label: d.state for d in devices.all_devices(conn, now=NOW)}
        later = {d.label: d.state for d in devices.all_devices(conn, now=NOW + timedelta(hours=1))}
    assert now == {"一号": "bound", "二号": "waiting", "三号": "revoked"}
    assert later["二号"] == "lapsed"


def test_the_command_line_registers_lists_and_revokes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("ASSESSMENT_URL", raising=False)
    assert cli.main(["device", "list"]) == 0
    assert "还没有登记" in capsys.readouterr().out
    assert cli.main(["device", "add", "市委一号会议室"]) == 0
    said = capsys.readouterr().out
    assert "/kiosk" in said
    reference = said.split("编号 ")[1].split()[0]
    assert cli.main(["device", "add", "市委一号会议室"]) == 2
    assert cli.main(["device", "list"]) == 0
    assert "等待绑定" in capsys.readouterr().out
    assert cli.main(["device", "revoke", reference, "--reason", "换设备"]) == 0
    assert cli.main(["device", "revoke", "nothing"]) == 2
    assert "没有编号为" in capsys.readouterr().err
