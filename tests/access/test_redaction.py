"""No secret and no identifier stands in a log, however it came into a message."""

from __future__ import annotations

import secrets

import pytest

from lib.access.redaction import HIDDEN, redacted, secret_values


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://app:S3CRET-x9@10.0.0.5:5432/minsheng could not be reached",
        "Cookie: minsheng_session=S3CRET-x9; other=1",
        "set-cookie: a=S3CRET-x9; HttpOnly",
        "{'cookie': 'minsheng_session=S3CRET-x9', 'host': 'a'}",
        "Authorization: Bearer S3CRET-x9",
        "(b'cookie', b'minsheng_session=S3CRET-x9')",
        "minsheng_session=S3CRET-x9",
        "password=S3CRET-x9&name=a",
        'form = {"password": "S3CRET-x9", "name": "a"}',
        "new_password='S3CRET-x9'",
        "client_secret: S3CRET-x9",
        "密码：S3CRET-x9",
        "新密码是S3CRET-x9",
        "access_token=S3CRET-x9",
        '"id_token":"S3CRET-x9"',
        "GET /oidc/callback?code=S3CRET-x9&state=y HTTP/1.1",
        "POST https://idp.example/token?assertion=S3CRET-x9",
        "GET /tickets?q=S3CRET-x9",
        "[SQL: INSERT …]\n[parameters: {'content': 'S3CRET-x9'}]\n(Background on this error)",
        "duplicate key\nDETAIL:  Key (name)=(S3CRET-x9) already exists.",
    ],
)
def test_secrets_are_hidden_and_the_rest_stays(text: str) -> None:
    clean = redacted(text)
    assert "S3CRET" not in clean
    assert HIDDEN in clean or "?…" in clean


def test_a_token_of_ours_is_hidden_wherever_it_stands() -> None:
    token = secrets.token_urlsafe(32)
    assert token not in redacted(f"bad value {token} in row")


def test_values_of_the_environment_are_known() -> None:
    known = secret_values(
        {"MINSHENG_COOKIE_SECRET": "abcdef123456", "TICKETS_URL": "postgresql+psycopg://u:p%40ssword@h/db",
         "PORT": "8501", "API_TOKEN": "x"}
    )  # fmt: skip
    assert set(known) == {"abcdef123456", "p@ssword"}
    assert redacted("it was abcdef123456 and p@ssword", known) == f"it was {HIDDEN} and {HIDDEN}"


def test_personal_data_is_masked() -> None:
    clean = redacted("row: 联系人张建国，电话13812345678，身份证410502199003071234")
    assert clean == "row: 联系人张**，电话138****5678，身份证[身份证号]"


@pytest.mark.parametrize(
    "text",
    [
        "fault 1a2b3c4d on page tickets",
        'File "lib/store.py", line 214, in open_store',
        "published version 20261020-180000-ab12cd, 1,234,567 rows in 12.3 s",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "http://127.0.0.1:8501/trends",
        "数据截至 2026-10-20 18:00:00",
    ],
)
def test_what_helps_to_find_a_fault_stays(text: str) -> None:
    assert redacted(text) == text
