"""Browsers that a person lets tell them things: each is asked in the settings, lives as long as its session, and can be tried."""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from app.clock import new_id, now
from app.database import rows, together
from app.errors import NotHere, OperatorNeeded, ProviderError, Refused
from app.identity.guarding import KEPT_FOR, Me
from app.identity.visiting import device_of
from app.notifications.pushing import Address, reachable, unsealed
from app.notifications.tables import Device
from app.security.signing import digest
from app.settings import settings

log = structlog.get_logger()

MOST_DEVICES = 20
LONGEST_ENDPOINT = 2_000
TEST, PUSH = "test", "push"
TEST_IS_GOOD_FOR = timedelta(minutes=10)

KEEP = """
INSERT INTO device (id, workspace, person, session, digest, sealed, host, created_at, problem, problem_code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '')
ON CONFLICT (digest) DO UPDATE SET workspace = excluded.workspace, person = excluded.person, session = excluded.session,
  sealed = excluded.sealed, problem = '', problem_code = '',
  delivered_at = CASE WHEN device.person = excluded.person THEN device.delivered_at END
RETURNING id
"""
"""A browser in which somebody else signs in now is theirs: its endpoint stays the same."""
BELONGS = "EXISTS (SELECT FROM membership m WHERE m.person = d.person AND m.workspace = d.workspace AND m.ended_at IS NULL)"
OPEN = f"s.ended_at IS NULL AND s.seen_at > $2 AND {BELONGS}"
MINE = f"""
SELECT d.id, d.host, d.created_at, d.delivered_at, d.problem, d.problem_code, d.session, s.user_agent,
  EXISTS (SELECT FROM delivery y WHERE y.place = d.id AND y.kind = 'test' AND y.due_at IS NOT NULL) AS under_way
FROM device d JOIN session s ON s.id = d.session WHERE d.person = $1 AND d.workspace = $3 AND {OPEN} ORDER BY d.created_at
"""  # noqa: S608 - our own words
LIVE = f"SELECT d.id, d.sealed FROM device d JOIN session s ON s.id = d.session WHERE d.id = ANY($1) AND {OPEN}"  # noqa: S608 - our own words
SWEEP = """
DELETE FROM device d USING session s WHERE s.id = d.session AND (s.ended_at IS NOT NULL OR s.seen_at <= $1) RETURNING d.id
"""
TRY = """
INSERT INTO delivery (id, workspace, person, activity, way, place, kind, at, said, due_at, held, good_until, tries, problem, problem_code)
VALUES ($1, $2, $3, $1, 'push', $4, 'test', $5, '{}', $5, false, $6, 0, '', '')
"""


@dataclass(frozen=True)
class Shown:
    """A browser as the settings show it."""

    id: UUID
    name: dict[str, str]
    host: str
    created_at: datetime
    delivered_at: datetime | None
    problem: str
    problem_code: str
    is_here: bool
    under_way: bool


async def subscribe(me: Me, endpoint: str, p256dh: str, auth: str) -> None:
    """Let this browser be pushed to, as long as this session lasts. Raises Refused for what no browser would say."""
    address = checked(endpoint, p256dh, auth)
    try:
        await reachable(address.endpoint)
    except ProviderError as error:
        raise Refused(error.sentence) from error
    if len(await devices_of(me)) >= MOST_DEVICES:
        raise Refused("You have %(most)d browsers that are told already. Remove one of them first.", most=MOST_DEVICES)
    async with together():
        await Device.delete().where(Device.session == me.session.id, Device.digest != digest(address.endpoint))
        await keep(address, me.workspace.id, me.person.id, me.session.id)


async def keep(address: Address, workspace: UUID, person: UUID, session: UUID) -> None:
    host = urlsplit(address.endpoint).hostname or ""
    await rows(KEEP, new_id(), workspace, person, session, digest(address.endpoint), address.sealed(), host, now())


def checked(endpoint: str, p256dh: str, auth: str) -> Address:
    """What the browser says of itself (Push API, PushSubscription), with its key a point on P-256 and its secret of 16 octets."""
    try:
        parts = urlsplit(endpoint)
        address = Address(endpoint, octets(p256dh), octets(auth))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), address.p256dh)
        secure = parts.scheme == "https" or (parts.scheme == "http" and bool(settings().private_push_hosts))
        good = secure and bool(parts.hostname) and len(endpoint) <= LONGEST_ENDPOINT and len(address.auth) == 16
    except (ValueError, NotBase64):
        good = False
    if not good:
        raise Refused("Your browser did not say where it takes pushes. Nothing was changed. Reload the page and try again.")
    return address


def octets(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii", "replace") + b"=" * (-len(text) % 4))


async def renew(old: str, endpoint: str, p256dh: str, auth: str) -> bool:
    """A browser changed its address by itself (pushsubscriptionchange). Only it knew the old one, and its session must be open still."""
    device = await Device.objects().where(Device.digest == digest(old)).first()
    if device is None or not await live([device.id]):
        return False
    address = checked(endpoint, p256dh, auth)
    async with together():
        await Device.delete().where(Device.digest == digest(endpoint), Device.id != device.id)
        changes: dict[Any, Any] = {
            Device.digest: digest(endpoint), Device.sealed: address.sealed(), Device.host: urlsplit(endpoint).hostname or "", Device.problem: "",
        }  # fmt: skip
        await device.update_self(changes)
    return True


async def unsubscribe(me: Me, device_id: UUID) -> None:
    """Tell that browser nothing any more; what waits for it goes too."""
    mine = Device.id == device_id, Device.person == me.person.id, Device.workspace == me.workspace.id
    if not await Device.delete().where(*mine).returning(Device.id):
        raise NotHere("This browser is not told anything any more.")
    await rows("DELETE FROM delivery WHERE place = $1 AND delivered_at IS NULL", device_id)


async def try_out(me: Me, device_id: UUID) -> None:
    """Have one notification sent there at once, quiet hours or not; another only when it is there."""
    device = next((one for one in await devices_of(me) if one.id == device_id), None)
    if device is None:
        raise NotHere("This browser is not told anything any more.")
    if not device.under_way:
        await rows(TRY, new_id(), me.workspace.id, me.person.id, device_id, now(), now() + TEST_IS_GOOD_FOR)


async def devices_of(me: Me) -> list[Shown]:
    """The person's browsers whose sessions are open, the oldest first."""
    found = await rows(MINE, me.person.id, now() - KEPT_FOR, me.workspace.id)
    return [shown(row, me) for row in found]


def shown(row: dict[str, Any], me: Me) -> Shown:
    is_here, name = row.pop("session") == me.session.id, device_of(row.pop("user_agent"))
    return Shown(**row, name=name, is_here=is_here)


async def live(devices: Collection[UUID]) -> dict[UUID, Address]:
    """Where those of these devices are whose sessions are open. One that can't be unsealed any more must not hold up the others."""
    found: dict[UUID, Address] = {}
    for row in await rows(LIVE, list(devices), now() - KEPT_FOR):
        try:
            found[row["id"]] = unsealed(bytes(row["sealed"]))
        except OperatorNeeded as error:
            log.warning("A browser can't be told anything: its keys can't be unsealed", device=str(row["id"]), code=error.code)
    return found


async def sweep_devices() -> int:
    """Forget browsers whose sessions have ended; how many there were."""
    return len(await rows(SWEEP, now() - KEPT_FOR))
