"""Where pages get data from: the only caches of the product, and the ticket version of a run.

One run of the script works on one published version, which `begin_run` fixes. An answer is cached by its
name, that version, the exclusion revision and its arguments; arguments are small values, never frames.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy.exc import DBAPIError

from lib.answers import Source
from lib.city import City, load_city
from lib.config import Settings
from lib.store import DamagedDataError, PairName, Pointer, TicketStore, active_pair, open_store, read_pointer

P = ParamSpec("P")
R = TypeVar("R")

# An embedded version may use up to lib.store.READER_MEMORY; two at once is the most the server can carry.
OPEN_VERSIONS = 2
CACHED_ANSWERS = 1000

_RUN = "_run_version"
_READ_FAILED = "数据文件读取失败或数据库连接中断，为避免显示错误数字，本页暂停显示"


def begin_run() -> None:
    """Fix the version that this run shows. Raises NoDataError, DamagedDataError, ConfigError."""
    st.session_state.pop(_RUN, None)
    settings = Settings.from_env()
    pair = active_pair(settings)
    st.session_state[_RUN] = (pair, read_pointer(settings, pair))


def store() -> TicketStore:
    """The opened version of this run. Raises NoDataError, DamagedDataError."""
    if _RUN not in st.session_state:
        begin_run()
    pair, version = st.session_state[_RUN]
    try:
        return _opened(Settings.from_env(), pair, version)
    except DamagedDataError:
        # A fragment may outlive its version: the files are swept once a newer one is published.
        begin_run()
        newer_pair, newer = st.session_state[_RUN]
        if (newer_pair, newer.version) == (pair, version.version):
            raise
        st.rerun()


def pointer() -> Pointer:
    """Version, as-of and city of this run. Raises NoDataError, DamagedDataError."""
    return store().pointer


def city() -> City:
    """The profile of the city that this run shows."""
    return load_city(pointer().city)


def ask(answer: Callable[Concatenate[Source, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `answer(source, *args)` gives for the version of this run, from the cache where it is known.

    The result is the caller's own copy. Raises TypeError for arguments that cannot be part of a key.
    """
    opened = store()
    revision = opened.pointer.exclusion_revision
    question = (answer.__module__, answer.__qualname__, opened.pair, opened.version, revision)
    return _answered(cache_key((*question, args, tuple(sorted(kwargs.items())))), answer, opened, args, kwargs)


def later(answer: Callable[Concatenate[Source, P], R], *args: P.args, **kwargs: P.kwargs) -> Callable[[], R]:
    """`answer` bound to the version of this run, to be asked outside of it (a download that was clicked)."""
    store()
    settings = Settings.from_env()
    pair, version = st.session_state[_RUN]
    # Opened again when clicked: the version may have been released meanwhile.
    return lambda: _answer_now(answer, _opened(settings, pair, version), args, kwargs)


def cache_key(value: Any) -> str:
    """A text that is equal exactly for equal arguments. Raises TypeError for anything but small values.

    Frames are refused on purpose: hashing them is slow, and Streamlit only samples large ones.
    """
    if value is None or isinstance(value, bool | int | float | str | date | datetime):
        return repr(value)
    if isinstance(value, tuple):
        return f"({','.join(cache_key(v) for v in value)})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(cache_key(v) for v in value))}}}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (f"{f.name}={cache_key(getattr(value, f.name))}" for f in dataclasses.fields(value))
        return f"{type(value).__qualname__}({','.join(fields)})"
    raise TypeError(f"{type(value).__name__} cannot be part of a cache key: pass codes, not data")


@st.cache_data(show_spinner=False, max_entries=CACHED_ANSWERS)
def _answered(
    key: str, _answer: Callable[..., Any], _opened_store: TicketStore, _args: tuple[Any, ...], _kwargs: dict[str, Any]
) -> Any:
    return _answer_now(_answer, _opened_store, _args, _kwargs)


def _answer_now(answer: Callable[..., R], opened: TicketStore, args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    try:
        with opened.engine.connect() as conn:
            return answer(Source(conn, opened.pointer, load_city(opened.pointer.city)), *args, **kwargs)
    except DBAPIError as error:
        raise DamagedDataError(_READ_FAILED) from error


def _opened(settings: Settings, pair: PairName, version: Pointer) -> TicketStore:
    place = settings.tickets_url or str(settings.data_dir)
    return _engine(place, pair, version.version, settings, version)


@st.cache_resource(show_spinner=False, max_entries=OPEN_VERSIONS, on_release=TicketStore.dispose)
def _engine(place: str, pair: PairName, version: str, _settings: Settings, _pointer: Pointer) -> TicketStore:
    return open_store(_settings, pair, _pointer)
