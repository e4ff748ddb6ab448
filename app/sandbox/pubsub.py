"""Gmail's watch and Pub/Sub behind it: pushes with a token signed by a key of the sandbox's own, forged on request."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from litestar import Response, get, post

from app.clock import new_id, now
from app.sandbox.answers import Ask, Json, body_of, told, world_of
from app.sandbox.grants import unpadded
from app.sandbox.telling import send
from app.sandbox.world import Box, World

KEY_NAME, OTHER_NAME = "sandbox-1", "sandbox-2"
WATCH_LASTS = timedelta(days=7)
TOKEN_LASTS = timedelta(hours=1)
Outside = Callable[[], httpx.AsyncClient]


@dataclass
class Key:
    """A key and its certificate, valid for as long as a world lasts."""

    private: rsa.RSAPrivateKey
    certificate: str


@cache
def key(name: str) -> Key:
    """Made when first needed: few tests do."""
    private = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(begins + timedelta(days=3_650))
        .sign(private, hashes.SHA256())
    )  # fmt: skip
    return Key(private, made.public_bytes(serialization.Encoding.PEM).decode())


@get("/google/oauth2/v1/certs")
async def certificates(request: Ask) -> Response[bytes]:
    world_of(request).keys_asked += 1
    return told({KEY_NAME: key(KEY_NAME).certificate}, headers={"Cache-Control": "public, max-age=19800, must-revalidate, no-transform"})


def token(world: World, forged: str = "") -> str:
    """What Pub/Sub puts into the Authorization header; `forged` names what is wrong with it."""
    asked, at = world.pubsub, int(now().timestamp())
    claims: Json = {
        "iss": "https://accounts.google.com", "aud": asked["audience"], "azp": "10987654321", "sub": "10987654321",
        "email": asked["email"], "email_verified": True, "iat": at, "exp": at + int(TOKEN_LASTS.total_seconds()),
    }  # fmt: skip
    wrong: dict[str, Json] = {
        "audience": {"aud": "https://else.example/hooks/gmail"}, "email": {"email": "push@else.iam.gserviceaccount.com"},
        "unverified": {"email_verified": False}, "issuer": {"iss": "https://accounts.else.example"},
        "expired": {"iat": at - 7_200, "exp": at - 3_600}, "early": {"iat": at + 600, "exp": at + 4_200},
    }  # fmt: skip
    signer = OTHER_NAME if forged == "key" else KEY_NAME
    header = {"alg": "none" if forged == "unsigned" else "RS256", "kid": OTHER_NAME if forged == "unknown-key" else KEY_NAME, "typ": "JWT"}
    body = f"{unpadded(json.dumps(header).encode())}.{unpadded(json.dumps(claims | wrong.get(forged, {})).encode())}"
    signature = b"" if forged == "unsigned" else key(signer).private.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{body}.{unpadded(signature)}"


def watch(world: World, box: Box) -> Json:
    """From now on; asked again, it goes on for seven days."""
    expires_at = now() + WATCH_LASTS
    world.watches[box.address] = {"until": expires_at, "told": box.history}
    return {"historyId": str(box.history), "expiration": str(int(expires_at.timestamp() * 1000))}


def notify(world: World, outside: Outside) -> None:
    """Publish for every watched mailbox that has changed; the operator's subscription pushes it on."""
    for address, watched in world.watches.items():
        box = world.box(address)
        if box.history > watched["told"] and watched["until"] > now() and world.pubsub["endpoint"]:
            watched["told"] = box.history
            headers = {"Authorization": f"Bearer {token(world, world.pubsub['forged'])}"}
            send(world, outside, box, world.pubsub["endpoint"], pushed(box), headers)


def pushed(box: Box) -> Json:
    data = json.dumps({"emailAddress": box.address, "historyId": box.history}).encode()
    named = {"messageId": str(new_id().int % 10**16), "publishTime": f"{now():%Y-%m-%dT%H:%M:%S.%fZ}"}
    message: Json = {"data": base64.b64encode(data).decode(), **named}
    return {"message": message, "subscription": "projects/sandbox/subscriptions/nachfass"}


@post("/control/pubsub", status_code=200)
async def set_up(request: Ask) -> Response[bytes]:
    """The operator's push subscription: `{"endpoint", "audience", "email", "forged"}`; answers a token as it would be pushed."""
    world, asked = world_of(request), await body_of(request)
    known: dict[str, Any] = {name: str(asked.get(name, value)) for name, value in world.pubsub.items()}
    world.pubsub = known | ({} if "audience" in asked else {"audience": known["endpoint"]})
    return told({**world.pubsub, "token": token(world, world.pubsub["forged"]), "keys_asked": world.keys_asked})


PUBSUB = [certificates, set_up]
