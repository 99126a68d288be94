"""Words of a source to codes of dimensions: exact codes, full and short names, usual ways to shorten them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha1

import pandas as pd

_SPACES = re.compile(r"\s+")
_PATH = re.compile(r"\s*(?:/|＞|>|》|→|\\|—>|->)\s*")
# Endings that sources add or leave out at will.
_ENDINGS = {
    "district": ("城乡一体化示范区", "高新技术产业开发区", "开发区", "新区", "区", "县", "市"),
    "township": ("街道办事处", "街道办", "办事处", "街道", "镇", "乡"),
}


def plain(word: object) -> str:
    """One spelling of a word: half-width, single spaces, trimmed, lower case."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", str(word))).strip().casefold()


def shorter(word: str, kind: str) -> str | None:
    """The word without the ending of its kind, if two characters or more are left."""
    for ending in _ENDINGS.get(kind, ()):
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word[: -len(ending)]
    return None


def made_code(prefix: str, *words: str) -> str:
    """A code made from words of a source: the same words always give the same code."""
    return prefix + sha1("/".join(words).encode()).hexdigest()[:8]


@dataclass
class Names:
    """Spellings of one dimension. A spelling that two codes share, and no exact name decides, leads nowhere."""

    kind: str
    exact: dict[str, str] = field(default_factory=dict)
    loose: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, frame: pd.DataFrame, code: str, columns: Iterable[str] = ("name",)) -> Names:
        """From a dimension's rows; earlier columns win over later ones."""
        names = cls(kind)
        for column in (code, *columns):
            if column not in frame:
                continue
            for value, row_code in zip(frame[column], frame[code], strict=True):
                if isinstance(value, str) and value:
                    names.add(value, row_code)
        return names

    def add(self, word: str, code: str) -> None:
        """One more spelling of a code."""
        spelled = plain(word)
        self.exact.setdefault(spelled, code)
        short = shorter(spelled, self.kind)
        if short:
            self.loose.setdefault(short, set()).add(code)

    def find(self, word: object) -> str | None:
        """The code of a word, or None."""
        spelled = plain(word)
        code = self.exact.get(spelled) or self._only(spelled)
        if code is None:
            short = shorter(spelled, self.kind)
            code = (self.exact.get(short) or self._only(short)) if short else None
        return code

    def find_at_end(self, word: object, shortest: int = 2) -> str | None:
        """The code of a word, of the last part of a path, or of a name with the city's name before it."""
        code = self.find(word)
        if code is not None:
            return code
        parts = _PATH.split(plain(word))
        if len(parts) > 1:
            return self.find_at_end(parts[-1], shortest)
        spelled = parts[0]
        for start in range(1, len(spelled) - shortest + 1):
            if spelled[start - 1] in "省市区县" and (code := self.find(spelled[start:])) is not None:
                return code
        return None

    def _only(self, spelled: str | None) -> str | None:
        codes = self.loose.get(spelled or "", set())
        return next(iter(codes)) if len(codes) == 1 else None


def found(words: pd.Series, find: Callable[[str], str | None]) -> pd.Series:
    """Codes of a column of words, each distinct word looked up once; None where empty or unknown."""
    given = words.dropna()
    codes = {word: find(word) for word in given.unique() if plain(word)}
    return words.map(codes).astype(object).where(words.notna(), None)


class Categories:
    """The tree of categories: whole paths, names under a parent, names of any level when unique."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.path_of: dict[str, tuple[str, ...]] = {}
        self._words_of: dict[str, tuple[str, ...]] = {}
        self._by_words: dict[tuple[str, ...], str] = {}
        self._by_name: dict[str, set[str]] = {}
        rows = frame.sort_values("level")
        for code, parent, name in zip(rows["category_code"], rows["parent_code"], rows["name"], strict=True):
            self.add(code, parent, name)

    def add(self, code: str, parent: str | None, name: str) -> None:
        """One more category; its parent comes first."""
        above = parent if isinstance(parent, str) else ""
        self.path_of[code] = (*self.path_of.get(above, ()), code)
        self._words_of[code] = (*self._words_of.get(above, ()), plain(name))
        self._by_words.setdefault(self._words_of[code], code)
        self._by_words.setdefault((plain(code),), code)
        self._by_name.setdefault(plain(name), set()).add(code)

    def exact(self, words: tuple[str, ...]) -> str | None:
        """The category with exactly these names from the first level down."""
        return self._by_words.get(tuple(plain(word) for word in words))

    def find(self, words: tuple[str, ...]) -> tuple[str | None, bool]:
        """The deepest category that the words name, and whether all of them were understood.

        words: from the first level down; a word may be a path, a single one a name of any level.
        """
        code = self.exact(words)
        if code is not None:
            return code, True
        parts = tuple(part for word in words for part in _PATH.split(plain(word)) if part)
        for length in range(len(parts), 0, -1):
            code = self._by_words.get(parts[:length])
            if code is not None:
                return code, length == len(parts)
        # The first word is no first level: the deepest word that only one category bears decides.
        for part in reversed(parts):
            codes = self._by_name.get(part, set())
            if len(codes) == 1:
                return next(iter(codes)), part == parts[-1]
        return None, False
