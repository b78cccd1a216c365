"""A real OpenID provider on loopback: description, keys, a page that agrees at once, and codes against signed tokens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "shopwarden at example", "a client's secret: +/?&"


@dataclass
class Person:
    sub: str = "person-1"
    email: str = "ann@example.com"
    email_verified: bool = True
    name: str = "Ann Example"


@dataclass
class OpenId:
    """`changed` overrides claims of the next tokens (None leaves one out); `named` overrides the description; `sends` what
    the browser is sent back with."""

    person: Person = field(default_factory=Person)
    changed: dict[str, object] = field(default_factory=dict)
    named: dict[str, object] = field(default_factory=dict)
    sends: dict[str, str] = field(default_factory=dict)
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={"kid": "one"}, auto_kid=False))
    signs_with: RSAKey | OctKey | None = None
    algorithm: str = "RS256"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def agree(self, url: str) -> str:
        """What a person at the provider's page does: the address the browser is sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"state": query["state"], "code": code, "iss": self.issuer, "session_state": "theirs", **self.sends}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines if line}
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        path = first.split(" ")[1]
        self.asked.append(path)
        status, answer = self._answer(path, headers, body)
        raw = json.dumps(answer).encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n".encode() + raw)
        await writer.drain()
        writer.close()

    def _answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, object]]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "authorization_response_iss_parameter_supported": True, **self.named,
            }  # fmt: skip
        if path == "/keys":
            strange = [{"kty": "OKP", "crv": "Curve9", "x": "AA", "kid": "two"}, {"kty": "oct", "k": "AA"}, {"kty": "x"}]
            return 200, {"keys": [*strange, self.key.as_dict(private=False) | {"use": "sig", "kid": "one"}]}
        if path == "/token":
            return self._redeemed(headers, {name: values[0] for name, values in parse_qs(body).items()})
        return 404, {}

    def _redeemed(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, object]]:
        from urllib.parse import unquote_plus

        user, _, secret = base64.b64decode(headers.get("authorization", "Basic ")[6:]).decode().partition(":")
        asked = self.codes.pop(form.get("code", ""), None)
        if (unquote_plus(user), unquote_plus(secret)) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or proven != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.issuer, "aud": CLIENT_ID, "exp": now + 300, "iat": now, "nonce": asked["nonce"],
            **vars(self.person), **self.changed,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": "one"}, kept, self.signs_with or self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}
