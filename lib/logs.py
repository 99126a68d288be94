"""The log: JSON lines in `<data_dir>/logs/minsheng.log`, one file a day, kept for more than six months.

Secrets and personal data are taken out of everything that is written (lib/access/redaction.py). Several processes may
write at once: each line is one write, and whoever comes first on a new day puts yesterday's file aside.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from lib.access.redaction import redacted, secret_values
from lib.access.roles import Identity
from lib.config import ConfigError, Settings

FOLDER, FILE, LOCK = "logs", "minsheng.log", ".lock"
# The law asks for six months; a week more, so that nobody has to count.
KEPT_DAYS = 190
CHINA = ZoneInfo("Asia/Shanghai")
# Loggers with handlers of their own that hand nothing on, besides those beneath them.
SERVER_LOGGERS = ("uvicorn", "uvicorn.access", "uvicorn.asgi", "uvicorn.error", "websockets", "streamlit")
# The list of fetched files says nothing that the history does not, and addresses hold what was searched for.
UNKEPT_LOGGER = "uvicorn.access"
# What a record may carry beside its message.
FACTS = ("fault", "account", "role", "session_ref", "page")

log = logging.getLogger("minsheng.log")

_about: ContextVar[dict[str, str] | None] = ContextVar("minsheng_about", default=None)


def about(**facts: str) -> None:
    """Say once what the records of this thread or task are about: account, role, session_ref, page."""
    unknown = set(facts) - set(FACTS)
    if unknown:
        raise ValueError(f"unknown facts {sorted(unknown)}")
    _about.set(facts)


def facts_of(identity: Identity) -> dict[str, str]:
    """What records say about the person: account, role, public name of the session."""
    return {"account": identity.account, "role": identity.role, "session_ref": identity.session_ref}


def fault_number() -> str:
    """A number under which a person can report a fault and find it in the log."""
    return secrets.token_hex(4)


def log_file(settings: Settings) -> Path:
    """Path of today's log."""
    return settings.data_dir / FOLDER / FILE


class JsonLines(logging.Formatter):
    """A record as one line of JSON without secrets; times in the city's zone."""

    def __init__(self, secrets_known: tuple[str, ...] = ()) -> None:
        """secrets_known: exact values that must not appear."""
        super().__init__()
        self._secrets = secrets_known

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, str | int] = {
            "time": datetime.fromtimestamp(record.created, CHINA).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.clean(record.getMessage()),
            "process": record.process or 0,
        }
        facts = {**(_about.get() or {}), **{name: getattr(record, name) for name in FACTS if hasattr(record, name)}}
        line |= {name: self.clean(str(value)) for name, value in facts.items()}
        if record.exc_info:
            line["exception"] = self.clean(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = self.clean(record.stack_info)
        return json.dumps(line, ensure_ascii=False)

    def clean(self, text: str) -> str:
        """The text without secrets and personal data."""
        return redacted(text, self._secrets)


class ShortLines(JsonLines):
    """A record as one short line for the console: the log has the rest."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, message, and the kind of the exception."""
        moment = datetime.fromtimestamp(record.created, CHINA).strftime("%H:%M:%S")
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        message = " ".join(self.clean(record.getMessage()).split())
        return f"{moment} {record.levelname} {record.name}: {message}{f'（{kind}，详见日志）' if kind else ''}"


class _Quiet(logging.Handler):
    """A handler that tells of its own failure without repeating the record, which nobody has cleaned."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line was lost, and why."""
        kind = sys.exc_info()[0]
        print(
            f"日志写入失败（{kind.__name__ if kind else '未知原因'}）：{record.name} 的一条记录丢失",
            file=sys.__stderr__,
        )


class Console(_Quiet, logging.StreamHandler):
    """Short lines for whoever started the process."""


class DayFile(_Quiet):
    """Writes to `minsheng.log`; on a new day puts it aside as `minsheng-2026-10-31.log` and drops what is too old.

    The folder is for its owner alone (0700), the files too (0600).
    """

    def __init__(self, path: Path, today: Callable[[], date] = lambda: datetime.now(CHINA).date()) -> None:
        """path: of today's file; its folder is made with the first line."""
        super().__init__()
        self.path = path
        self._today = today
        self._file: int | None = None
        self._day: date | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            line = (self.format(record) + "\n").encode("utf-8", "backslashreplace")
            if self._file is None or self._day != self._today() or not self._is_current():
                self._open()
            assert self._file is not None
            os.write(self._file, line)
        except Exception:
            self.handleError(record)

    def open(self) -> None:
        """Make folder and file at once, to learn whether they can be written. Raises OSError."""
        self.acquire()
        try:
            self._open()
        finally:
            self.release()

    def close(self) -> None:
        """Close the file."""
        self.acquire()
        try:
            if self._file is not None:
                os.close(self._file)
                self._file = None
        finally:
            self.release()
        super().close()

    def _is_current(self) -> bool:
        """Whether the open file still is the one of that name: another process may have put it aside."""
        assert self._file is not None
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        own = os.fstat(self._file)
        return (there.st_ino, there.st_dev) == (own.st_ino, own.st_dev)

    def _open(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.parent.chmod(0o700)
        today = self._today()
        with open(self.path.parent / LOCK, "w", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._put_aside(today)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.fchmod(self._file, 0o600)
        self._day = today

    def _put_aside(self, today: date) -> None:
        try:
            written = datetime.fromtimestamp(self.path.stat().st_mtime, CHINA).date()
        except FileNotFoundError:
            written = today
        if written < today:
            aside = self.path.with_name(f"{self.path.stem}-{written}{self.path.suffix}")
            if aside.exists():  # the clock went back for a while: lines are added, never lost
                with open(aside, "ab") as older:
                    older.write(self.path.read_bytes())
                self.path.unlink()
            else:
                self.path.rename(aside)
        oldest = str(today - timedelta(days=KEPT_DAYS))
        for path in self.path.parent.glob(f"{self.path.stem}-????-??-??{self.path.suffix}"):
            if path.stem.removeprefix(f"{self.path.stem}-") < oldest:
                path.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Own:
    """The handlers of this process, so that setting up again replaces them."""

    handlers: tuple[logging.Handler, ...] = ()


def set_up(settings: Settings, *, console: bool = True) -> Path:
    """Send every record of this process to the log; returns the log's path. May be called again.

    console: short lines to the console as well, and the log opened at once, as a server needs it; False for
    commands, which speak to the person themselves and open the log with its first line. Raises ConfigError when
    the log cannot be written: a server without a log must not run.
    """
    path, known = log_file(settings), secret_values()
    handler = DayFile(path)
    handler.setFormatter(JsonLines(known))
    new: tuple[logging.Handler, ...] = (handler,)
    if console:
        try:
            handler.open()
        except OSError as error:
            raise ConfigError(f"日志 {path} 无法写入（{error.strerror}），请检查目录权限和磁盘空间") from error
        screen = Console()
        screen.setLevel(logging.WARNING)  # whoever starts the server reads what must be acted on; the log has the rest
        screen.setFormatter(ShortLines(known))
        new = (handler, screen)
    close()
    for each in new:
        logging.getLogger().addHandler(each)
    _Own.handlers = new
    for name in ("minsheng", "lib"):
        logging.getLogger(name).setLevel(logging.INFO)
    take_over_servers()
    sys.excepthook, threading.excepthook = _uncaught, _uncaught_in_thread
    return path


def close() -> None:
    """Let go of the log: records go where Python sends them by itself."""
    for handler in _Own.handlers:
        logging.getLogger().removeHandler(handler)
        handler.close()
    _Own.handlers = ()
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__


def take_over_servers() -> None:
    """Streamlit and uvicorn give each logger a console of its own: their records go the way of ours instead.

    To be called again when they have made more loggers, as they do while they start.
    """
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("streamlit", "uvicorn")]
    for name in {*SERVER_LOGGERS, *names}:
        logger = logging.getLogger(name)
        for own in [h for h in logger.handlers if isinstance(h, logging.StreamHandler)]:
            logger.removeHandler(own)
        logger.propagate = name != UNKEPT_LOGGER
    if not logging.getLogger(UNKEPT_LOGGER).handlers:
        logging.getLogger(UNKEPT_LOGGER).addHandler(logging.NullHandler())


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        number = fault_number()
        log.critical("fault %s: the process ends", number, exc_info=(kind, error, trace), extra={"fault": number})


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or isinstance(args.exc_value, SystemExit):
        return
    number = fault_number()
    what = (args.exc_type, args.exc_value, args.exc_traceback)
    log.error("fault %s: a thread ended", number, exc_info=what, extra={"fault": number})
