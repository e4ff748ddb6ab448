"""The key that proves to push services who sends (VAPID, RFC 8292). It lies sealed in the database, so that every node signs with the same."""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from app.clock import new_id, now
from app.database import rows
from app.errors import OperatorNeeded
from app.notifications.tables import ONLY, PushKey
from app.security.sealing import seal, unseal
from app.settings import settings
from app.web.locale import N_

PURPOSE = "push key"
GOOD_FOR_SECONDS = 12 * 60 * 60
"""Of one proof; 24 hours at most (RFC 8292, 2)."""
NO_KEY = N_("Nachfass has no key for push services yet. Ask your operator to run “nachfass doctor --fix”.")

KEEP = """
INSERT INTO push_key (id, name, private, public, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING RETURNING public
"""


async def make_key() -> bool:
    """Make the key, if there is none; was one made? Never a second one: browsers are bound to the first."""
    vapid = Vapid02()
    vapid.generate_keys()
    private = vapid.private_key.private_numbers().private_value.to_bytes(32, "big")
    return bool(await rows(KEEP, new_id(), ONLY, seal(private, PURPOSE), public_of(vapid), now()))


def public_of(vapid: Vapid02) -> str:
    point: bytes = vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64url(point)


def base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


async def public_key() -> str:
    """What browsers subscribe with; empty while there is none."""
    found = await PushKey.select(PushKey.public).where(PushKey.name == ONLY).first()
    return str(found["public"]) if found else ""


async def opened_key() -> Vapid02:
    """The key, to sign with. Raises OperatorNeeded where there is none, or it can't be unsealed."""
    found = await PushKey.objects().where(PushKey.name == ONLY).first()
    if found is None:
        raise OperatorNeeded(NO_KEY, code="no-push-key")
    return Vapid02.from_raw(base64url(unseal(bytes(found.private), PURPOSE)).encode())


def proof(vapid: Vapid02, endpoint: str) -> dict[str, str]:
    """The header that vouches for a request to this endpoint: who we are (`sub`), and for which push service (`aud`) it was made."""
    parts = urlsplit(endpoint)
    claims: dict[str, Any] = {
        "aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now().timestamp()) + GOOD_FOR_SECONDS, "sub": whom_to_ask(),
    }  # fmt: skip
    signed: dict[str, str] = vapid.sign(claims)
    return signed


def whom_to_ask() -> str:
    """Whom a push service may turn to (RFC 8292, 2.1): an https address or mailto."""
    parts = urlsplit(settings().base_url)
    host = parts.hostname or "localhost"
    return f"https://{host}" if parts.scheme == "https" and "." in host else "mailto:operator@localhost"
