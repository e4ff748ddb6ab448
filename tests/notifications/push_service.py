"""A push service on this machine: proves who sends as RFC 8292 says, decrypts as the browser would (RFC 8291), and answers as it is told to."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.clock import now
from app.notifications.vouching import base64url

SPARE = "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n{more}Connection: close\r\n\r\n"


@dataclass
class Browser:
    """A subscription, with the keys that only the browser has."""

    endpoint: str
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen octets !"

    @property
    def p256dh(self) -> str:
        return base64url(self.secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def said(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": base64url(self.auth)}

    def opened(self, body: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(body, private_key=self.secret, auth_secret=self.auth, version="aes128gcm")
        return dict(json.loads(plain))


@dataclass(frozen=True)
class Push:
    """One that was taken: to which path, with which headers, and what its browser reads."""

    path: str
    headers: dict[str, str]
    words: dict[str, Any]


@dataclass
class PushService:
    """`answers` are given in turn (status and further headers), then 201. What is not vouched for by `key` is refused with 403."""

    port: int = 0
    key: str = ""
    ahead: timedelta = timedelta()
    """How far its clock is ahead: the tests' later() does not reach into its tasks."""
    browsers: dict[str, Browser] = field(default_factory=dict)
    answers: list[tuple[int, str]] = field(default_factory=list)
    taken: list[Push] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def browser(self, name: str = "b1") -> Browser:
        path = f"/push/{name}"
        return self.browsers.setdefault(path, Browser(self.origin + path))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines()[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status, more = self.answer(method, path, headers, body)
        writer.write(SPARE.format(status=status, more=more).encode())
        await writer.drain()
        writer.close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        if why := self.fault(method, path, headers, body):
            self.refused.append(why)
            return 403, ""
        status, more = self.answers.pop(0) if self.answers else (201, "")
        if status < 300:
            self.taken.append(Push(path, headers, self.browsers[path].opened(body)))
        return status, more

    def fault(self, method: str, path: str, headers: dict[str, str], body: bytes) -> str:
        """What is wrong with a request by the RFCs; empty where nothing is."""
        if method != "POST" or path not in self.browsers:
            return "no such subscription"
        if headers.get("content-encoding") != "aes128gcm" or len(body) > 4096:
            return "not one record of aes128gcm"
        if not headers.get("ttl", "").isdecimal() or headers.get("urgency") not in ("very-low", "low", "normal", "high"):
            return "TTL or Urgency"
        if len(headers.get("topic", "")) > 32:
            return "Topic"
        return self.unproven(headers.get("authorization", ""))

    def unproven(self, authorization: str) -> str:
        kind, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if kind != "vapid" or parts.get("k") != self.key:
            return "the key is not the one it was subscribed with"
        signed, _, signature = parts["t"].rpartition(".")
        raw = octets(signature)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(parts["k"]))
        point.verify(encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")), signed.encode(), ec.ECDSA(SHA256()))
        header, claims = (json.loads(octets(part)) for part in signed.split("."))
        if header["alg"] != "ES256" or claims["aud"] != self.origin or not claims["sub"].startswith(("mailto:", "https:")):
            return f"claims: {header} {claims}"
        return "" if 0 < claims["exp"] - (now() + self.ahead).timestamp() <= 24 * 3600 else "exp"


def octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@asynccontextmanager
async def push_service(key: str) -> AsyncIterator[PushService]:
    service = PushService(key=key)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    async with server:
        yield service
