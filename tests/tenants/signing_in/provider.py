"""A company's login, Google and GitHub in one small server on loopback, each as far as FlagForge speaks to it."""

import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID, SECRET = "flagforge", "a secret between the two"
SIGNING_KEY = "no party to this needs to verify what came from the provider itself"
Answer = tuple[int, str, str]


@dataclass
class Person:
    """Who sits at the provider."""

    id: int = 7
    name: str = "Mona Rao"
    email: str = "mona@example.com"
    is_verified: bool = True


@dataclass
class Provider:
    """What it knows and says. `issuer` stands in its id tokens; each code is good for one token."""

    url: str
    issuer: str = ""
    person: Person = field(default_factory=Person)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, query: dict[str, str]) -> Answer:
        """The page on which a person says yes or no."""
        if query["client_id"] != CLIENT_ID:
            return 400, "text/html", "Who asks?"
        code = secrets.token_urlsafe()
        self.asked[code] = query
        yes = urlencode({"code": code, "state": query["state"]})
        no = urlencode({"error": "access_denied", "state": query["state"]})
        back = query["redirect_uri"]
        return (
            200,
            "text/html",
            f'<link rel="icon" href="data:,"><a href="{back}?{yes}">Allow</a> <a href="{back}?{no}">Deny</a>',
        )

    def token(self, form: dict[str, str]) -> Answer:
        query = self.asked.pop(form.get("code", ""), None)
        if query is None or form.get("client_secret") != SECRET or not _proves(form, query):
            return _json({"error": "invalid_grant"}, 400)
        claims = {"iss": self.issuer or self.url, "aud": CLIENT_ID, "exp": time.time() + 60, **self.userinfo()}
        id_token = jwt.encode(claims, SIGNING_KEY, "HS256")
        return _json({"access_token": "t", "token_type": "bearer", "id_token": id_token})

    def userinfo(self) -> dict[str, Any]:
        person = self.person
        return {
            "sub": str(person.id),
            "name": person.name,
            "email": person.email,
            "email_verified": person.is_verified,
        }

    def get(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/authorize":
            return self.authorize(query)
        person = self.person
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
            "/userinfo": self.userinfo(),
            "/user": {"id": person.id, "login": "mona", "name": person.name},
            "/user/emails": [{"email": person.email, "verified": person.is_verified, "primary": True}],
        }
        return _json(documents[path]) if path in documents else (404, "text/plain", "")


def _proves(form: dict[str, str], query: dict[str, str]) -> bool:
    """PKCE: whoever brings the code is who asked for it."""
    verifier = form.get("code_verifier", "").encode()
    challenge = urlsafe_b64encode(sha256(verifier).digest()).decode().rstrip("=")
    return query.get("code_challenge", challenge) == challenge


def _json(document: Any, status: int = 200) -> Answer:
    return status, "application/json", json.dumps(document)


@contextmanager
def at_work() -> Iterator[Provider]:
    """A provider that answers until the block ends."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            self.say(*provider.get(address.path, _flat(address.query)))

        def do_POST(self) -> None:
            self.say(*provider.token(_flat(self.rfile.read(int(self.headers["Content-Length"])).decode())))

        def say(self, status: int, content_type: str, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
