"""The log: lines of JSON without secrets, a file a day, kept for six months, for its owner's eyes alone."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib import cli, logs
from lib.access.roles import Identity
from lib.config import ROOT, ConfigError, Settings

DAY = date(2026, 10, 31)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in ("minsheng", "lib")}
    yield
    logs.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def emit(handler: logs.DayFile, message: str) -> None:
    handler.handle(logging.LogRecord("t", logging.INFO, __file__, 1, message, (), None))


def test_a_record_is_one_line_with_all_that_is_known(settings: Settings) -> None:
    path = logs.set_up(settings)
    person = Identity("lihua", "李华", "hotline", session_ref="ab12")

    def run() -> None:
        logs.about(page="tickets", **logs.facts_of(person))
        try:
            raise ValueError("电话 13812345678")
        except ValueError:
            logging.getLogger("minsheng.page").exception("fault %s", "1a2b", extra={"fault": "1a2b"})

    copy_context().run(run)
    (line,) = lines(path)
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(hours=8)
    known = {name: line[name] for name in ("level", "logger", "message", *logs.FACTS)}
    assert known == {
        "level": "ERROR", "logger": "minsheng.page", "message": "fault 1a2b", "fault": "1a2b", "account": "lihua",
        "role": "hotline", "session_ref": "ab12", "page": "tickets",
    }  # fmt: skip
    assert "ValueError: 电话 138****5678" in line["exception"]
    assert "Traceback" in line["exception"]


def test_what_records_are_about_stays_with_its_thread(settings: Settings) -> None:
    logs.about()  # a command that ran in this process may have said something
    path = logs.set_up(settings)
    log = logging.getLogger("minsheng.t")
    thread = threading.Thread(target=lambda: (logs.about(page="units"), log.info("inside")))
    thread.start()
    thread.join()
    log.info("outside")
    own = [line for line in lines(path) if line["logger"] == "minsheng.t"]  # a server of another test may speak, too
    assert [line.get("page") for line in own] == ["units", None]
    with pytest.raises(ValueError, match="token"):
        logs.about(token="x")


def test_folder_and_files_are_for_the_owner_alone(settings: Settings) -> None:
    path = logs.set_up(settings)
    logging.getLogger("minsheng.t").info("x")
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"
    assert {oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {"0o600"}


def test_the_console_gets_one_short_line_and_the_log_the_rest(settings: Settings, capsys: Any) -> None:
    path = logs.set_up(settings)
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("minsheng.t").exception("went wrong")
    shown = capsys.readouterr().err
    assert "went wrong（ValueError，详见日志）" in shown
    assert "Traceback" not in shown
    assert "Traceback" in lines(path)[0]["exception"]


@pytest.mark.parametrize("name", ["uvicorn.error", "streamlit.some.module", "asyncio", "lib.store", "minsheng.page"])
def test_every_logger_ends_in_the_log(settings: Settings, name: str, capsys: Any) -> None:
    own = logging.StreamHandler()
    logger = logging.getLogger(name)
    logger.addHandler(own)
    kept, level = logger.propagate, logger.level
    logger.setLevel(logging.WARNING)  # a server of another test in this process may have set its own
    logger.propagate = not name.startswith(("uvicorn", "streamlit"))
    try:
        path = logs.set_up(settings)
        logger.warning("from %s", name)
    finally:
        logger.removeHandler(own)
        logger.propagate = kept
        logger.setLevel(level)
    assert [line["logger"] for line in lines(path) if line["message"] == f"from {name}"] == [name]


def test_addresses_that_were_asked_for_are_not_kept(settings: Settings, capsys: Any) -> None:
    path = logs.set_up(settings)
    logging.getLogger("uvicorn.access").warning("GET /tickets?q=张三")
    assert lines(path) == []
    assert capsys.readouterr().err == ""


def test_setting_up_again_writes_once_and_to_the_new_place(settings: Settings, tmp_path: Path) -> None:
    first = logs.set_up(settings)
    second = logs.set_up(Settings(data_dir=tmp_path / "other", city="anyang", tickets_url=None))
    logging.getLogger("minsheng.t").info("once")
    assert lines(first) == []
    assert len(lines(second)) == 1


def test_a_server_without_a_log_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="无法写入"):
        logs.set_up(Settings(data_dir=tmp_path, city="anyang", tickets_url=None))


def test_a_new_day_begins_a_new_file_and_old_ones_go(tmp_path: Path) -> None:
    today = [DAY]
    handler = logs.DayFile(tmp_path / "minsheng.log", lambda: today[0])
    emit(handler, "first day")
    noon = datetime(2026, 10, 31, 12, tzinfo=logs.CHINA).timestamp()
    os.utime(handler.path, (noon, noon))
    for days in (logs.KEPT_DAYS - 1, logs.KEPT_DAYS + 1):
        (tmp_path / f"minsheng-{DAY + timedelta(days=1 - days)}.log").write_text("old\n")
    today[0] = DAY + timedelta(days=1)
    emit(handler, "second day")
    handler.close()
    assert (tmp_path / "minsheng-2026-10-31.log").read_text() == "first day\n"
    assert handler.path.read_text() == "second day\n"
    assert len(list(tmp_path.glob("minsheng-2026-04*.log")) + list(tmp_path.glob("minsheng-2026-05*.log"))) == 1
    assert logs.KEPT_DAYS >= 184


def test_a_day_already_put_aside_is_added_to(tmp_path: Path) -> None:
    today = [DAY + timedelta(days=1)]
    aside = tmp_path / "minsheng-2026-10-31.log"
    aside.write_text("morning\n")
    handler = logs.DayFile(tmp_path / "minsheng.log", lambda: today[0])
    handler.path.write_text("evening\n")
    noon = datetime(2026, 10, 31, 12, tzinfo=logs.CHINA).timestamp()
    os.utime(handler.path, (noon, noon))
    emit(handler, "today")
    handler.close()
    assert aside.read_text() == "morning\nevening\n"
    assert handler.path.read_text() == "today\n"


def test_writers_side_by_side_lose_nothing_when_the_day_turns(tmp_path: Path) -> None:
    """As two processes do: each has the file open by itself."""
    today = [DAY]
    writers = [logs.DayFile(tmp_path / "minsheng.log", lambda: today[0]) for _ in range(2)]
    for handler in writers:
        emit(handler, "before")
    noon = datetime(2026, 10, 31, 12, tzinfo=logs.CHINA).timestamp()
    os.utime(writers[0].path, (noon, noon))
    today[0] = DAY + timedelta(days=1)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda handler: [emit(handler, "after") for _ in range(100)], writers))
    for handler in writers:
        handler.close()
    assert (tmp_path / "minsheng-2026-10-31.log").read_text().splitlines() == ["before"] * 2
    assert writers[0].path.read_text().splitlines() == ["after"] * 200


def test_a_log_that_was_taken_away_is_begun_anew(tmp_path: Path) -> None:
    handler = logs.DayFile(tmp_path / "logs" / "minsheng.log")
    emit(handler, "one")
    handler.path.unlink()
    emit(handler, "two")
    handler.close()
    assert handler.path.read_text() == "two\n"


def test_a_thread_that_dies_leaves_a_number(settings: Settings) -> None:
    path = logs.set_up(settings)

    def broken() -> None:
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    (line,) = lines(path)
    assert line["fault"] in line["message"]
    assert "RuntimeError: in a thread" in line["exception"]


def test_a_command_that_fails_says_a_number_and_where_the_log_is(settings: Settings, monkeypatch: Any, capsys: Any):
    def broken(*_: Any) -> int:
        raise RuntimeError("身份证 410502199003071234, postgresql+psycopg://app:hunter2hunter2@db/x")

    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.setattr("lib.ingest.template_command._run", broken)
    assert cli.main(["template"]) == 1
    shown = capsys.readouterr()
    (line,) = lines(logs.log_file(settings))
    assert line["fault"] in shown.err
    assert str(logs.log_file(settings)) in shown.err
    assert "Traceback" not in shown.err + shown.out
    assert "RuntimeError: 身份证 [身份证号]" in line["exception"]
    assert "hunter2" not in line["exception"]
    assert line["page"] == "lib template"


def test_a_process_that_dies_leaves_a_number(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\nfrom lib import logs\nfrom lib.config import Settings\n"
        f"logs.set_up(Settings(Path({str(tmp_path)!r}), 'anyang', None))\nraise RuntimeError('at last')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = lines(tmp_path / "logs" / "minsheng.log")
    assert line["fault"] in done.stderr
    assert "RuntimeError: at last" in line["exception"]
