"""The generating SQL stands in files beside this one; values are set in at `${name}`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "sql"


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / f"{name}.sql").read_text("utf-8"))


def statement(name: str, **values: object) -> str:
    """The text of sql/<name>.sql with its values. Values are numbers or words of our own, never input.

    Raises KeyError when a value is missing.
    """
    return _template(name).substitute(values)
