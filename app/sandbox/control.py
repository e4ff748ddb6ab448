"""The strings behind the stage, for tests, demo and canary: seed, deliver, act for people, break things, look at every copy."""

import base64
from dataclasses import fields as columns
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast, get_args

import httpx
from litestar import Response, delete, get, patch, post

from app.clock import now
from app.sandbox import accounting, delivery, filing, graph_subscriptions, people, visiting
from app.sandbox import mime as mails
from app.sandbox.acts import act, wrong
from app.sandbox.answers import Ask, Json, body_of, told, world_of
from app.sandbox.faults import Fault, Kind
from app.sandbox.world import Box, Copy, Manners, SendAs, World

PLACES = {"sent": ("SENT", "sentitems"), "inbox": ("INBOX", "inbox"), "drafts": ("DRAFT", "drafts"), "outbox": ("", "outbox")}


@post("/control/reset", status_code=200)
async def reset(request: Ask) -> Response[bytes]:
    world_of(request).forget()
    return told({"forgotten": True})


@get("/health")
async def health(request: Ask) -> Response[bytes]:
    return told({"ready": True, "boxes": len(world_of(request).boxes)})


IMAP_SCOPES = {"https://mail.google.com/", "https://outlook.office.com/imap.accessasuser.all", "https://outlook.office.com/smtp.send"}


@get("/control/tokens")
async def token(request: Ask) -> Response[bytes]:
    """Whose mailbox a token opens by IMAP or SMTP: what a mail server asks at its door (Dovecot's tokeninfo). A refusal opens none."""
    access = world_of(request).grants.access.get(request.query_params.get("token", ""))
    if access is None or access.grant.revoked_at or access.expires_at <= now() or not IMAP_SCOPES & {scope.lower() for scope in access.scopes}:
        return told({"error": "invalid_token"}, 401)
    return told({"email": access.grant.mailbox, "active": True, "scope": " ".join(access.scopes)})


@get("/control/people/{address:str}/messages")
async def people_messages(request: Ask) -> Response[bytes]:
    """What somebody got, newest first."""
    box = world_of(request).box(request.path_params["address"])
    return told({"messages": [described(copy) for copy in received(box)]})


@post("/control/people/{address:str}/messages/{id:str}/{what:str}", status_code=200)
async def people_act(request: Ask) -> Response[bytes]:
    """`{"as": "iphone", "link": 0, "text": "…", "until": "…", "to": "…"}`, all optional; `id` may be `latest`."""
    world = world_of(request)
    box = world.box(request.path_params["address"])
    copy = chosen(box, request.path_params["id"])
    async with outside(request) as client:
        return told(await act(world, client, box, copy, request.path_params["what"], await body_of(request)))


def outside(request: Ask) -> httpx.AsyncClient:
    """How people's devices reach the internet: a fresh client without cookies, to be closed after use."""
    client: httpx.AsyncClient = request.app.state["outside"]()
    return client


def received(box: Box) -> list[Copy]:
    """Newest first; what came at the same moment, last come first."""
    filing.settle(box)
    came = [copy for copy in box.copies.values() if ("INBOX" in copy.labels if box.provider == "google" else copy.folder == "inbox")]
    came.reverse()
    return sorted(came, key=lambda copy: copy.at, reverse=True)


def chosen(box: Box, identifier: str) -> Copy:
    found = received(box)[:1] if identifier == "latest" else [c for c in box.copies.values() if c.id == identifier]
    if not found:
        raise wrong(f"{box.address} has no such mail.", 404)
    return found[0]


def described(copy: Copy) -> Json:
    """A copy with all that can be asked of it."""
    seen = visiting.found_in(copy.mime)
    return {
        "id": copy.id,
        "thread": copy.thread,
        "at": copy.at.isoformat(),
        "message_id": copy.message_id,
        "from": mails.sender(copy.mime),
        "to": [address for _, address in mails.addresses(copy.mime, "To")],
        "cc": [address for _, address in mails.addresses(copy.mime, "Cc")],
        "subject": mails.header(copy.mime, "Subject"),
        "headers": mails.headers(copy.mime),
        "text": mails.body(copy.mime, "text/plain"),
        "html": mails.body(copy.mime, "text/html"),
        "images": seen.images,
        "links": [{"url": link.url, "text": link.text} for link in seen.links],
        "attachments": [part.get_filename() for part in mails.attachments(copy.mime)],
        "labels": sorted(copy.labels),
        "folder": copy.folder,
        "draft": copy.draft or "DRAFT" in copy.labels,
        "read": copy.read,
    }


@get("/control/mailboxes")
async def mailboxes(request: Ask) -> Response[bytes]:
    boxes = world_of(request).boxes.values()
    return told({"mailboxes": [{"address": b.address, "name": b.name, "provider": b.provider, "copies": len(b.copies)} for b in boxes]})


@post("/control/mailboxes/{address:str}", status_code=200)
async def seed_mailbox(request: Ask) -> Response[bytes]:
    """`{"provider": "google"|"microsoft"|"person", "name": "…"}`, any of the manners, `signature`, and `aliases: [{"address", "name", …}]`."""
    asked = await body_of(request)
    provider = asked.get("provider", "google")
    if provider not in ("google", "microsoft", "person"):
        raise wrong("provider is google, microsoft or person.")
    box = world_of(request).mailbox(request.path_params["address"], provider, str(asked.get("name") or ""))
    box.signature = str(asked.pop("signature", box.signature))
    if "aliases" in asked:
        box.aliases = [SendAs(**one) for one in asked.pop("aliases")]
    behave(box.manners, {name: value for name, value in asked.items() if name not in ("provider", "name")})
    return told({"address": box.address, "provider": box.provider, "name": box.name, "manners": vars(box.manners)})


@get("/control/mailboxes/{address:str}/messages")
async def mailbox_messages(request: Ask) -> Response[bytes]:
    """Every copy, or those of `folder` sent, inbox, drafts or outbox; oldest first. Headers come as written."""
    box = world_of(request).box(request.path_params["address"])
    filing.settle(box)
    folder = request.query_params.get("folder")
    if folder and folder not in PLACES:
        raise wrong(f"folder is one of {', '.join(PLACES)}.")
    label, name = PLACES.get(folder or "", ("", ""))
    found = [c for c in box.copies.values() if not folder or (label in c.labels if box.provider == "google" else c.folder == name)]
    return told({"messages": [described(copy) for copy in sorted(found, key=lambda copy: copy.at)]})


@post("/control/mailboxes/{address:str}/messages", status_code=200)
async def seed_message(request: Ask) -> Response[bytes]:
    """History from before: `{"folder": "sent"|"inbox", "raw": base64}` or `from, to, subject, text, html, headers`, and `date`."""
    world = world_of(request)
    box = world.box(request.path_params["address"])
    asked = await body_of(request)
    place = asked.get("folder", "sent")
    if place not in ("sent", "inbox", "drafts"):
        raise wrong("folder is sent, inbox or drafts.")
    at = moment(asked.get("date"))
    copy = filing.put(
        box, composed(box, asked, at), "draft" if place == "drafts" else place, at=at, thread=asked.get("thread"), read=asked.get("read", True)
    )
    return told(described(copy))


def moment(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text)) if text else now()
    except ValueError:
        raise wrong("date is an ISO date and time.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def composed(box: Box, asked: Json, at: datetime) -> bytes:
    """The mail that was given whole or in words."""
    if asked.get("raw"):
        return mails.tidied(base64.b64decode(asked["raw"]))
    message = people.letter(box, ", ".join(listed(asked.get("to", box.address))), str(asked.get("subject", "")))
    del message["Date"]
    message["Date"] = format_datetime(at)
    if asked.get("from"):
        message.replace_header("From", asked["from"])
    for name, value in dict(asked.get("headers") or {}).items():
        del message[name]
        message[name] = value
    message.set_content(str(asked.get("text", "")))
    if asked.get("html"):
        message.add_alternative(str(asked["html"]), subtype="html")
    return mails.tidied(message.as_bytes())


def listed(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


@post("/control/mailboxes/{address:str}/{what:str}", status_code=200)
async def shake(request: Ask) -> Response[bytes]:
    """`expire` (access tokens), `revoke` (the grant), `forget` (history up to now), `release` (withheld Sent copies), `rename` (`{"to": …}`), a
    lifecycle event of Graph."""
    world = world_of(request)
    box, what = world.box(request.path_params["address"]), request.path_params["what"]
    if what == "expire":
        world.grants.expire(box.address)
    elif what == "revoke":
        world.grants.revoke(box.address)
    elif what == "forget":
        box.note("changed", Copy("", "", b"", now()))
        box.forgotten = box.history
    elif what in ("missed", "subscriptionRemoved", "reauthorizationRequired"):
        return told({what: graph_subscriptions.live_through(world, request.app.state["outside"], box, what)})
    elif what == "release":
        return told({"released": filing.release(box)})
    elif what == "rename":
        world.rename(box, str((await body_of(request)).get("to", "")))
    else:
        raise wrong("Choose expire, revoke, forget, release, rename or a lifecycle event of Graph.", 404)
    return told({what: box.address})


@post("/control/receive", status_code=200)
async def receive(request: Ask) -> Response[bytes]:
    """A raw mail from the internet: `?to=address` with message/rfc822, or JSON `{"to", "raw": base64}`; `padding` adds a huge header."""
    world = world_of(request)
    if request.headers.get("content-type", "").startswith("message/rfc822"):
        to, raw, asked = request.query_params.get("to", ""), await request.body(), cast(Json, {})
    else:
        asked = await body_of(request)
        to, raw = str(asked.get("to", "")), base64.b64decode(asked.get("raw", ""))
    if "@" not in to:
        raise wrong("A mail needs an address in `to`.")
    mail = mails.tidied(raw)
    if asked.get("padding"):
        mail = b"X-Padding: " + b"x" * int(asked["padding"]) + b"\r\n" + mail
    named = {address: name for name, address in mails.addresses(mail, "To")}
    copy = delivery.arrive(world.box(to, named.get(to.lower(), "")), mail, mails.sender(mail), moment(asked.get("date")))
    return told({"id": copy.id, "thread": copy.thread})


@post("/control/clock", status_code=200)
async def set_clock(request: Ask) -> Response[bytes]:
    """`{"seconds": -86400}`: live that much earlier or later than the real time, so that history can be made."""
    seconds = (await body_of(request)).get("seconds", 0)
    if not isinstance(seconds, int | float):
        raise wrong("seconds is a number.")
    world_of(request).shift = timedelta(seconds=seconds)
    return told({"seconds": seconds})


@patch("/control/manners")
async def change_manners(request: Ask) -> Response[bytes]:
    """How mailboxes behave from now on, those there are and those to come: sent_after, rewrites_message_id, …"""
    world, asked = world_of(request), await body_of(request)
    for manners in [world.manners, *(box.manners for box in world.boxes.values())]:
        behave(manners, asked)
    return told(vars(world.manners))


def behave(manners: Manners, asked: dict[str, Any]) -> None:
    known = {column.name: column.type for column in columns(Manners)}
    for name, value in asked.items():
        if name not in known:
            raise wrong(f"There is no manner {name!r}: {', '.join(known)}.")
        setattr(manners, name, value)


@get("/control/mailboxes/{address:str}/account")
async def show_account(request: Ask) -> Response[bytes]:
    """What was asked of this mailbox; `?seconds=60` is the window whose fullest is told."""
    box = world_of(request).box(request.path_params["address"])
    return told(accounting.account(box, float(request.query_params.get("seconds", 60))))


@get("/control/mailboxes/{address:str}/subscriptions")
async def show_subscriptions(request: Ask) -> Response[bytes]:
    address = request.path_params["address"]
    return told({"subscriptions": [made.id for made in world_of(request).subscriptions.values() if made.mailbox == address]})


@post("/control/mailboxes/{address:str}/move", status_code=200)
async def move(request: Ask) -> Response[bytes]:
    """`{"subject", "to": "archive"|"inbox"}`: the person files the mails of this subject elsewhere."""
    box, asked = world_of(request).box(request.path_params["address"]), await body_of(request)
    chosen = [copy for copy in box.copies.values() if mails.header(copy.mime, "Subject") == asked.get("subject")]
    for copy in chosen:
        if box.provider == "microsoft":
            filing.move(box, copy, str(asked.get("to", "archive")))
        elif asked.get("to") == "inbox":
            filing.label(box, copy, {"INBOX"}, set())
        else:
            filing.label(box, copy, set(), {"INBOX"})
    return told({"moved": len(chosen)})


@get("/control/faults")
async def list_faults(request: Ask) -> Response[bytes]:
    return told({"faults": [vars(fault) for fault in world_of(request).faults.waiting]})


@post("/control/faults", status_code=200)
async def break_something(request: Ask) -> Response[bytes]:
    """`{"kind": "429", "provider"?, "mailbox"?, "path"?, "count"?, "skip"?, "every"?, "retry_after"?, "dated"?, "seconds"?}`."""
    asked = await body_of(request)
    if asked.get("kind") not in get_args(Kind):
        raise wrong(f"kind is one of {', '.join(get_args(Kind))}.")
    unknown = set(asked) - {column.name for column in columns(Fault)}
    if unknown:
        raise wrong(f"A fault has no {min(unknown)!r}.")
    fault = Fault(**asked)
    world_of(request).faults.waiting.append(fault)
    return told(vars(fault))


@delete("/control/faults", status_code=200)
async def mend_everything(request: Ask) -> Response[bytes]:
    world: World = world_of(request)
    mended, world.faults.waiting = len(world.faults.waiting), []
    return told({"mended": mended})


CONTROL = [
    health, reset, people_messages, people_act, mailboxes, seed_mailbox, mailbox_messages, seed_message, shake, receive,
    token, set_clock, change_manners, show_account, show_subscriptions, move, list_faults, break_something, mend_everything,
]  # fmt: skip
