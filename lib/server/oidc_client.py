"""Our side of OpenID Connect: the provider's published addresses and keys, the code flow, the checked ID token.

Everything here waits for the network; routes call it in a thread. What a provider says is believed only when it
is signed by one of its published keys, meant for us, fresh, and answers the very question this browser asked.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from requests import RequestException, Response

from lib.server.oidc_settings import LOOPBACK, OidcSettings

# Fixed: what a token claims about itself never widens it. Shared-secret algorithms and "none" are left out.
ALGORITHMS = ("RS256", "PS256", "ES256")
SCOPE = "openid profile"
# Clocks of two machines of one office may differ by this much.
LEEWAY_SECONDS = 60
NETWORK_SECONDS = 10
PUBLISHED_SECONDS = 600
# A provider that just failed is not asked again for so long, or waiting people would queue up behind it.
FAILED_SECONDS = 5
# An unknown key number makes us look again, but not more often than this.
KEYS_AGAIN_SECONDS = 10


class ProviderError(Exception):
    """The provider cannot be reached or answers wrongly; the message is for the log and holds no tokens."""


class UntrustedTokenError(ProviderError):
    """The ID token must not be believed."""


@dataclass
class Provider:
    """The identity provider, as its settings name it."""

    settings: OidcSettings
    _published: dict[str, Any] = field(default_factory=dict)
    _published_until: float = 0.0
    _failed_until: float = 0.0
    _keys: KeySet | None = None
    _keys_read_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent. Raises ProviderError."""
        endpoint = self._endpoint("authorization_endpoint")
        with self._session() as session:
            url, _state = session.create_authorization_url(endpoint, state=state, code_verifier=verifier, nonce=nonce)
        return str(url)

    def claims(self, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        """What the provider vouches for, in exchange for the code. Raises ProviderError, UntrustedTokenError."""
        endpoint = self._endpoint("token_endpoint")
        try:
            with self._session() as session:
                answer = session.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=verifier,
                    redirect_uri=self.settings.redirect_url, allow_redirects=False,
                )  # fmt: skip
        except (AuthlibBaseError, RequestException, ValueError) as error:
            # Its words may quote the code or a token, so only the kind of the fault is kept.
            kind = getattr(error, "error", None) or type(error).__name__
            raise ProviderError(f"the token endpoint refused or failed: {str(kind)[:60]!r}") from None
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise UntrustedTokenError("the token endpoint sent no ID token")
        return self._checked(token, nonce, answer.get("access_token"))

    def _checked(self, token: str, nonce: str, access_token: object) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            decoded = self._decoded_with_new_keys(token)
        except (JoseError, ValueError) as error:
            raise UntrustedTokenError(f"signature: {type(error).__name__}") from None
        options = {"iss": {"essential": True, "value": self._metadata()["issuer"]},
                   "aud": {"essential": True, "value": self.settings.client_id},
                   "nonce": {"essential": True, "value": nonce},
                   "sub": {"essential": True, "allow_blank": False}}  # fmt: skip
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options,
            {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token},
        )
        try:
            claims.validate(leeway=LEEWAY_SECONDS)
        except JoseError as error:
            claim = getattr(error, "claim", "")
            raise UntrustedTokenError(f"claim {claim}: {type(error).__name__}") from None
        return dict(claims)

    def _decoded_with_new_keys(self, token: str) -> jwt.Token:
        """Providers change their keys: look once more before refusing."""
        try:
            return jwt.decode(token, self._key_set(again=True), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise UntrustedTokenError(f"signature: {type(error).__name__}") from None

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            scope=SCOPE,
            redirect_uri=self.settings.redirect_url,
            code_challenge_method="S256",
            default_timeout=NETWORK_SECONDS,
        )
        # Neither proxies nor passwords of the surroundings: the provider stands in the office's own network.
        session.trust_env = False
        if self.settings.ca_file:
            session.verify = self.settings.ca_file
        return session

    def _endpoint(self, name: str) -> str:
        address = str(self._metadata().get(name, ""))
        parts = urlsplit(address)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ProviderError(f"the published {name} is no https address")
        return address

    def _metadata(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() < self._failed_until:
                raise ProviderError("the provider failed a moment ago")
            if time.monotonic() >= self._published_until:
                self._failed_until = time.monotonic() + FAILED_SECONDS
                found = self._read(f"{self.settings.issuer}/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != self.settings.issuer:
                    raise ProviderError("the published issuer is not the one that was set")
                self._published, self._published_until = found, time.monotonic() + PUBLISHED_SECONDS
                self._failed_until = 0.0
            return self._published

    def _key_set(self, *, again: bool = False) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            age = time.monotonic() - self._keys_read_at
            if self._keys is None or age > PUBLISHED_SECONDS or (again and age > KEYS_AGAIN_SECONDS):
                try:
                    self._keys = KeySet.import_key_set(self._read(address))  # type: ignore[arg-type]
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    raise ProviderError(f"the published keys cannot be read: {type(error).__name__}") from None
                self._keys_read_at = time.monotonic()
            return self._keys

    def _read(self, address: str) -> dict[str, Any]:
        try:
            with self._session() as session:
                answer: Response = session.get(address, withhold_token=True, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (RequestException, ValueError) as error:
            raise ProviderError(f"{address} cannot be read: {type(error).__name__}") from None
        if answer.status_code != 200 or not isinstance(found, dict):
            raise ProviderError(f"{address} answers {answer.status_code} and no object")
        return found
