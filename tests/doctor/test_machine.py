"""The machine as the doctor sees it: each limit on both sides."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lib.doctor import machine
from lib.doctor.command import summary
from lib.doctor.findings import bad, ok, warn


def levels(*findings):
    return [finding.level for finding in findings]


def test_only_python_3_11_will_do():
    assert levels(machine.python_version((3, 11, 9)), machine.python_version((3, 7, 4))) == ["ok", "bad"]


def test_only_processors_with_packages_will_do():
    found = [machine.architecture(name).level for name in ("x86_64", "aarch64", "loongarch64")]
    assert found == ["ok", "ok", "bad"]


@pytest.mark.parametrize(
    ("name", "level"),
    [("glibc 2.28", "ok"), ("glibc 2.36", "ok"), ("glibc 2.17", "bad"), ("musl", "bad"), ("", "bad")],
)
def test_c_library_must_be_as_new_as_the_wheels(name, level):
    assert machine.c_library(name).level == level


def test_little_memory_is_a_hint_and_too_little_a_fault():
    assert levels(*(machine.memory(size) for size in (1.5, 4.0, 7.7, 16.0))) == ["bad", "warn", "ok", "ok"]


def test_disk_below_the_least_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "DISK_NEEDED_GB", 10**9)
    assert machine.disk(tmp_path / "not" / "yet").level == "bad"


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path):
    assert machine.writing(tmp_path).level == "ok"
    assert machine.writing(tmp_path / "later").level == "ok"
    # A file where the folder should be refuses root, too.
    (tmp_path / "file").write_text("")
    assert machine.writing(tmp_path / "file" / "var").level == "bad"


def test_beijing_time_is_expected_and_a_dead_clock_a_fault():
    assert levels(machine.time_zone(28800, 2026), machine.time_zone(0, 2026), machine.time_zone(28800, 1970)) == [
        "ok", "warn", "bad",
    ]  # fmt: skip


def test_a_font_is_known_by_its_file(tmp_path):
    assert machine.chinese_font([tmp_path]).level == "warn"
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"")
    assert machine.chinese_font([tmp_path / "absent", tmp_path]).level == "ok"


def test_few_open_files_are_a_fault():
    assert levels(*(machine.open_files(limit) for limit in (256, 1024, 65536, -1))) == ["bad", "warn", "ok", "ok"]


def answering(status, body):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("status", "body", "level"),
    [
        (200, json.dumps({"status": "ok"}).encode(), "ok"),
        (503, json.dumps({"status": "unavailable"}).encode(), "ok"),
        (200, b"[]", "bad"),
        (404, b"<html>", "bad"),
    ],
)
def test_a_port_is_free_ours_or_taken(status, body, level):
    server = answering(status, body)
    try:
        assert machine.port(server.server_port).level == level
    finally:
        server.shutdown()
        server.server_close()
    assert machine.port(server.server_port).found == "空闲"


def test_a_silent_listener_is_somebody_else():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(1)
        number = listener.getsockname()[1]
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        assert machine.port(number).level == "bad"


def test_the_last_line_counts_faults_and_hints():
    assert "1 项必须处理" in summary([ok("a", "b"), bad("a", "b", "c"), warn("a", "b", "c")])
    assert summary([ok("a", "b")]) == "共 1 项：可以运行"
