"""A small OpenID Connect provider, as a process of its own: discovery, keys, authorization code with PKCE, RS256.

`python oidc_provider.py` prints its URL. Besides what providers have: POST /people names who logs in next, POST /mint
signs whatever is asked for, POST /rotate takes a new key, GET /asked counts how often the keys were fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from mockops.core.clock import SystemClock

CLIENT, SECRET = "mockops", "s3cret-of-the-client"


class World:
    """What the provider knows."""

    def __init__(self) -> None:
        self.keys: list[RSAKey] = []
        self.rogue = RSAKey.generate_key(2048, {"kid": "rogue"})
        self.codes: dict[str, dict[str, str]] = {}
        self.person: dict[str, Any] = {"sub": "u-1", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
        self.changed: dict[str, Any] = {}
        self.key_fetches = 0
        self.rotate()

    def rotate(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})]

    def sign(self, claims: dict[str, Any], key: str = "", algorithm: str = "RS256") -> str:
        if key == "rogue":
            stolen = {"alg": algorithm, "kid": self.keys[0].kid}
            return jwt.encode(stolen, claims, self.rogue)
        return jwt.encode({"alg": algorithm, "kid": self.keys[0].kid}, claims, self.keys[0])


class Handler(BaseHTTPRequestHandler):
    world: World
    url: str
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def answer(self, value: Any, status: int = 200, **headers: str) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self.answer(
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/jwks",
                    "end_session_endpoint": f"{self.url}/logout",
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                }
            )
        elif parts.path == "/jwks":
            self.world.key_fetches += 1
            self.answer(KeySet(list(self.world.keys)).as_dict(private=False))
        elif parts.path == "/asked":
            self.answer(self.world.key_fetches)
        elif parts.path == "/authorize":
            self.authorize(query)
        else:
            self.answer("no such page", 404)

    def authorize(self, query: dict[str, str]) -> None:
        problems = [
            name
            for name, wanted in {"client_id": CLIENT, "response_type": "code", "code_challenge_method": "S256"}.items()
            if query.get(name) != wanted
        ]
        if problems or "openid" not in query.get("scope", "").split() or not query.get("nonce"):
            self.answer({"error": "invalid_request", "problems": problems}, 400)
            return
        code = secrets.token_urlsafe(16)
        self.world.codes[code] = query
        back = query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]})
        self.answer("go", 303, Location=back)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/token":
            self.token({name: values[0] for name, values in parse_qs(body.decode()).items()})
            return
        asked = json.loads(body or b"{}")
        if self.path == "/people":
            self.world.person = asked
            self.answer("ok")
        elif self.path == "/changes":
            self.world.changed = asked
            self.answer("ok")
        elif self.path == "/rotate":
            self.world.rotate()
            self.answer("ok")
        elif self.path == "/mint":
            now = int(SystemClock().now().timestamp())
            claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, **self.world.person}
            claims.update(asked.get("claims", {}))
            kept = {name: value for name, value in claims.items() if value is not None}
            self.answer(self.world.sign(kept, asked.get("key", ""), asked.get("algorithm", "RS256")))
        else:
            self.answer("no such page", 404)

    def token(self, form: dict[str, str]) -> None:
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.answer({"error": "invalid_client"}, 401)
            return
        query = self.world.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = (
            query is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == query["redirect_uri"]
            and query["code_challenge"] == challenge
        )
        if query is None or not is_right:
            self.answer({"error": "invalid_grant"}, 400)
            return
        now = int(SystemClock().now().timestamp())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        claims |= self.world.person
        claims |= self.world.changed
        self.answer({"access_token": "opaque", "token_type": "Bearer", "id_token": self.world.sign(claims)})


def main() -> None:
    """Serve until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.world = World()
    Handler.url = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(Handler.url + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
