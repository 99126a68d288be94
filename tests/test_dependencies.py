"""The verdict on vulnerabilities counts only when every package was looked up by a service that knows some."""

from __future__ import annotations

import re

import pytest

from tests.dependencies import REQUIREMENTS, SOUND, UNKNOWN, VULNERABLE, judged, plain

FINE = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1"}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "canary", "code", "says"),
    [
        ([FINE], [BAD], SOUND, "没有已知漏洞"),
        ([FINE, BAD], [BAD], VULNERABLE, "b 2：CVE-1"),
        ([SKIPPED, BAD], [BAD], VULNERABLE, "CVE-1"),
        ([FINE, SKIPPED], [BAD], UNKNOWN, "1个没有查到（c）"),
        ([], [BAD], UNKNOWN, "不能作数"),
        ([FINE], [FINE], UNKNOWN, "不知道"),
        ([FINE], [SKIPPED], UNKNOWN, "不知道"),
    ],
)
def test_the_verdict(packages, canary, code, says):
    found, sentences = judged({"dependencies": packages}, {"dependencies": canary})
    assert found == code
    assert says in "\n".join(sentences)


def test_every_package_is_pinned_and_looked_up(tmp_path):
    pins = [line for path in REQUIREMENTS for line in plain(path, tmp_path).read_text().splitlines()]
    assert len(pins) > 60
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9_.\-]+(\[[a-z]+\])?==[\w.]+", pin)] == []
