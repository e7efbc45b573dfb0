"""A real OpenID Connect issuer over HTTP: a discovery document, a key set, and tokens signed with real keys."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "konomi"
DISCOVERY = "/.well-known/openid-configuration"
KINDS: Mapping[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65_537, 2_048), "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
_WRITERS = {"R": RSAAlgorithm, "P": RSAAlgorithm, "E": ECAlgorithm}


def public_jwk(key: Any, algorithm: str, key_id: str | None, **more: Any) -> dict[str, Any]:
    """The public half of a key as a JWK."""
    writer = OKPAlgorithm if algorithm == "EdDSA" else _WRITERS[algorithm[0]]
    told = {**writer.to_jwk(key.public_key(), as_dict=True), "use": "sig", "alg": algorithm, "kid": key_id}
    told.pop("key_ops", None)
    return {name: value for name, value in {**told, **more}.items() if value is not None}


class OidcIssuer:
    """Serves its documents on a free port of loopback; `asked` counts the requests by path.

    `failing` makes it answer 500; `held` makes answers wait until it is set; `documents` may be changed at will.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.keys: dict[str, tuple[Any, str]] = {}
        self.asked: Counter[str] = Counter()
        self.failing = False
        self.held = threading.Event()
        self.held.set()
        self.documents: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.documents[DISCOVERY] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.documents["/keys"] = {"keys": []}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.held.set()
        self._server.shutdown()
        self._server.server_close()

    def add_key(self, key_id: str, algorithm: str = "RS256", **more: Any) -> Any:
        """Make a key, and publish its public half."""
        key = KINDS[algorithm]()
        self.keys[key_id] = key, algorithm
        self.documents["/keys"]["keys"].append(public_jwk(key, algorithm, key_id, **more))
        return key

    def retire(self, key_id: str) -> None:
        """Publish a key no more."""
        self.documents["/keys"]["keys"] = [one for one in self.documents["/keys"]["keys"] if one.get("kid") != key_id]

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Claims of a customer's access token; None leaves one out."""
        now = self._now()
        said = {"iss": self.url, "aud": AUDIENCE, "sub": "3", "iat": int(now.timestamp()),
                "exp": int((now + timedelta(minutes=5)).timestamp()), **changed}
        return {name: value for name, value in said.items() if value is not None}

    def token(self, key_id: str, headers: Mapping[str, Any] | None = None, algorithm: str | None = None,
              **changed: Any) -> str:
        """Sign an access token."""
        key, own = self.keys[key_id]
        said = {"kid": key_id, **(headers or {})}
        return jwt.encode(
            self.claims(**changed), key, algorithm or own, {name: value for name, value in said.items() if value is not None},
        )

    def service_token(self, key_id: str, name: str, *scopes: str) -> str:
        """Sign a service's token, as client credentials give it (RFC 9068)."""
        return self.token(key_id, sub=name, client_id=name, scope=" ".join(scopes))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked[self.path] += 1
                issuer.held.wait()
                said = None if issuer.failing else issuer.documents.get(self.path)
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(200 if said is not None else 500)
                if isinstance(said, dict) and "location" in said:
                    self.send_header("Location", said["location"])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep tests quiet."""

        return Handler
