"""Where pages get data from: the person behind a run, the only caches of the product, and the ticket version.

Nothing is read for anybody who is not signed in: every run, every fragment and every answer asks the session.
One run of the script works on one published version, which `begin_run` fixes. An answer is cached by its
name, that version, the exclusion revision and its arguments; arguments are small values, never frames.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lib import answers
from lib.access import runs
from lib.access.roles import EVERYTHING, Access, Identity, NotAllowedError, require
from lib.access.shared import shared_assessment
from lib.answers import ListView, Source, reach_of
from lib.city import City, load_city
from lib.commands.lists.desk import Desk
from lib.config import Settings
from lib.lists.profile import load_lists
from lib.scope import Scope
from lib.store import DamagedDataError, PairName, Pointer, TicketStore, active_pair, open_store, read_pointer

# The server imports this before Streamlit's runtime runs, which Streamlit would remark on at every start.
logging.getLogger("streamlit.runtime.caching.cache_data_api").setLevel(logging.ERROR)

P = ParamSpec("P")
R = TypeVar("R")

# An embedded version may use up to lib.store.READER_MEMORY; two at once is the most the server can carry.
OPEN_VERSIONS = 2
CACHED_ANSWERS = 1000

_RUN = "_run_version"
_READ_FAILED = "数据文件读取失败或数据库连接中断，为避免显示错误数字，本页暂停显示"


def identity(*, anew: bool = False) -> Identity:
    """Who is behind this run or fragment, by the session and by the gate's mark. Raises SignedOutError.

    anew: as the database has it at this very moment, which every write asks for.
    """
    return runs.identity_of(Settings.from_env(), *_credentials(), anew=anew)


def _credentials() -> tuple[str | None, str | None]:
    """Session and mark as the gate put them into the headers of this run's websocket."""
    user = st.user.to_dict()
    session_ref, mark = user.get("session"), user.get("gate")
    return (str(session_ref) if session_ref else None, str(mark) if mark else None)


def access() -> Access:
    """How far the person of this run may read, by the role and the unit of the account as they stand now.

    Raises SignedOutError, NoDataError, DamagedDataError.
    """
    return _access_of(identity(), store())


def _access_of(person: Identity, opened: TicketStore) -> Access:
    """The right to single tickets and texts by the matrix; units of role unit by the unit tree of this version."""
    reach: tuple[str, ...] | None = ()
    if person.may("dashboards", "own_unit"):
        reach = _asked(reach_of, opened, EVERYTHING, (person.unit_code or "",), {})
    elif person.may("dashboards") or person.may("dashboards", "meeting"):
        reach = None
    return Access(
        reach,
        restricted=person.may("tickets", "restricted"),
        unmask=person.may("tickets", "unmask"),
        tickets=person.may("tickets"),
    )


def begin_run() -> None:
    """Ask who is there, then fix the version that this run shows.

    Raises SignedOutError, NoDataError, DamagedDataError, ConfigError.
    """
    runs.identity_of(Settings.from_env(), *_credentials(), anew=True)
    st.session_state.pop(_RUN, None)
    settings = Settings.from_env()
    pair = active_pair(settings)
    st.session_state[_RUN] = (pair, read_pointer(settings, pair))


def store() -> TicketStore:
    """The opened version of this run. Raises SignedOutError, NoDataError, DamagedDataError."""
    identity()
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

    It is asked with the access of the person of this run, which is part of the key; the person is not. The result
    is the caller's own copy. Raises TypeError for arguments that cannot be part of a key, ValueError for a scope
    that reaches further or less far than the access.
    """
    opened, allowed = store(), access()
    _refuse_other_reach((args, tuple(kwargs.values())), allowed)
    return _asked(answer, opened, allowed, args, kwargs)


def _asked(
    answer: Callable[..., R], opened: TicketStore, allowed: Access, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> R:
    revision = opened.pointer.exclusion_revision
    question = (answer.__module__, answer.__qualname__, opened.pair, opened.version, revision, allowed)
    found: R = _answered(
        cache_key((*question, args, tuple(sorted(kwargs.items())))), answer, opened, allowed, args, kwargs
    )
    return found


def _refuse_other_reach(value: Any, allowed: Access) -> None:
    """A scope that was not built for this access is a fault of the page: nothing is read for it."""
    if isinstance(value, Scope):
        if value.reach != allowed.reach:
            raise ValueError("the reach of the scope is not that of the person behind this run")
    elif isinstance(value, tuple):
        for part in value:
            _refuse_other_reach(part, allowed)


def later(answer: Callable[Concatenate[Source, P], R], *args: P.args, **kwargs: P.kwargs) -> Callable[[], R]:
    """`answer` bound to the version and the access of this run, to be asked outside of it (a download that was
    clicked). Nothing of it is kept in the cache. Raises like `ask`.
    """
    allowed = access()
    _refuse_other_reach((args, tuple(kwargs.values())), allowed)
    settings, credentials = Settings.from_env(), _credentials()
    pair, version = st.session_state[_RUN]

    def ask_now() -> R:
        person = runs.identity_of(settings, *credentials, anew=True)
        # Opened again when clicked: the version may have been released meanwhile, and the role changed.
        opened = _opened(settings, pair, version)
        if _access_of(person, opened) != allowed:
            raise NotAllowedError("您的权限已变更，请刷新页面后重试")
        return _answer_now(answer, opened, allowed, args, kwargs)

    return ask_now


def ask_records(answer: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `answer(conn, *args)` gives from the assessment database as it stands now: records are never cached.

    Raises SignedOutError.
    """
    identity()
    with shared_assessment(Settings.from_env()).reading() as conn:
        return answer(conn, *args, **kwargs)


def desk() -> Desk:
    """The person of this run as every write of the lists asks for them: checked at this very moment, with the reach
    of today's role. Raises SignedOutError, NoDataError, DamagedDataError.
    """
    person, opened = identity(anew=True), store()
    allowed = _access_of(person, opened)
    units = _asked(answers.dimension, opened, EVERYTHING, ("units",), {})

    def known(keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        return set(_asked(answers.known_tickets, opened, allowed, (tuple(sorted(keys)),), {}))

    names = dict(zip(units["unit_code"], units["name"], strict=True))
    return Desk(person, allowed.reach, load_lists(opened.pointer.city), names, known, datetime.now(UTC))


def list_view() -> ListView:
    """How far the person of this run may look into the lists, checked at this very moment. Raises like `desk`."""
    return view_of(desk())


def view_of(desk: Desk) -> ListView:
    """The view that belongs to a desk, with the names of units, districts and categories."""
    districts = _asked(answers.dimension, store(), EVERYTHING, ("districts",), {})
    categories = _asked(answers.category_paths, store(), EVERYTHING, (), {})
    places = dict(zip(districts["district_code"], districts["name"], strict=True))
    names = {**{str(code): path for code, path in categories.items()}, **places, **desk.units}
    return ListView(desk.person, desk.reach, desk.today, desk.profile, names)


def list_names(view: ListView) -> tuple[dict[str, str], dict[str, str]]:
    """Code → name of the units that the view may filter by, and of the districts, in list order."""
    units = _asked(answers.dimension, store(), EVERYTHING, ("units",), {})
    districts = _asked(answers.dimension, store(), EVERYTHING, ("districts",), {})
    named = dict(zip(units["unit_code"], units["name"], strict=True))
    own = {code: name for code, name in named.items() if view.reach is None or code in view.reach}
    return own, dict(zip(districts["district_code"], districts["name"], strict=True))


def unit_names() -> dict[str, str]:
    """Code → full name of every unit, for those who keep the accounts: an account of a unit must name one.

    Raises SignedOutError, NotAllowedError, NoDataError, DamagedDataError.
    """
    require(identity(), "accounts")
    units = _asked(answers.dimension, store(), EVERYTHING, ("units",), {})
    return dict(zip(units["unit_code"], units["name"], strict=True))


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
    key: str,
    _answer: Callable[..., Any],
    _opened_store: TicketStore,
    _allowed: Access,
    _args: tuple[Any, ...],
    _kwargs: dict[str, Any],
) -> Any:
    return _answer_now(_answer, _opened_store, _allowed, _args, _kwargs)


def _answer_now(
    answer: Callable[..., R], opened: TicketStore, allowed: Access, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> R:
    try:
        with opened.engine.connect() as conn:
            return answer(Source(conn, opened.pointer, load_city(opened.pointer.city), allowed), *args, **kwargs)
    except DBAPIError as error:
        raise DamagedDataError(_READ_FAILED) from error


def _opened(settings: Settings, pair: PairName, version: Pointer) -> TicketStore:
    place = settings.tickets_url or str(settings.data_dir)
    return _engine(place, pair, version.version, settings, version)


@st.cache_resource(show_spinner=False, max_entries=OPEN_VERSIONS, on_release=TicketStore.dispose)
def _engine(place: str, pair: PairName, version: str, _settings: Settings, _pointer: Pointer) -> TicketStore:
    return open_store(_settings, pair, _pointer)
