"""Gmail: profile, messages, threads, history, labels, settings and watch, as far as they only look."""

from typing import Any

from litestar import Response, get, post

from app.sandbox import gmail_search as search
from app.sandbox import pubsub
from app.sandbox.answers import Ask, Json, body_of, silent, told, whole, world_of
from app.sandbox.gmail_asking import (
    COMPOSE,
    EVERYTHING,
    LABELS,
    LOOK,
    METADATA,
    READ,
    SETTINGS,
    SYSTEM_LABELS,
    allowed,
    bad_request,
    format_asked,
    message_asked,
    not_found,
    refusal,
    scopes_of,
    thread_asked,
)
from app.sandbox.gmail_shapes import attachment, draft_of, shaped, short
from app.sandbox.world import Box, Change, Copy, SendAs

ME = "/google/gmail/v1/users/{user:str}"
KINDS = {
    "added": ("messageAdded", "messagesAdded"),
    "deleted": ("messageDeleted", "messagesDeleted"),
    "labelled": ("labelAdded", "labelsAdded"),
    "unlabelled": ("labelRemoved", "labelsRemoved"),
}
MOST = 500


@get(ME + "/profile")
async def get_profile(request: Ask) -> Response[bytes]:
    box = allowed(request, (*LOOK, COMPOSE))
    threads = {copy.thread for copy in box.copies.values()}
    counts = {"messagesTotal": len(box.copies), "threadsTotal": len(threads)}
    return told({"emailAddress": box.address, **counts, "historyId": str(box.history)})


@get(ME + "/messages")
async def list_messages(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    found = searched(request, box)
    page, following = paged(request, found, 100)
    answer: Json = {"resultSizeEstimate": len(found), **following}
    return told({"messages": [short(copy) for copy in page], **answer} if page else answer)


@get(ME + "/threads")
async def list_threads(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    latest = {copy.thread: copy for copy in reversed(searched(request, box))}
    found = sorted(latest.values(), key=lambda copy: copy.at, reverse=True)
    page, following = paged(request, found, 100)
    threads = [{"id": c.thread, "snippet": shaped(c, "minimal")["snippet"], "historyId": str(c.number)} for c in page]
    answer: Json = {"resultSizeEstimate": len(found), **following}
    return told({"threads": threads, **answer} if threads else answer)


def searched(request: Ask, box: Box) -> list[Copy]:
    """Newest first; the trash only when asked for."""
    query = request.query_params.get("q", "")
    if query and not {*READ, EVERYTHING} & scopes_of(request) and METADATA in scopes_of(request):
        raise refusal(403, "Metadata scope does not support 'q' parameter", "forbidden", "PERMISSION_DENIED")
    wanted = set(request.query_params.getall("labelIds", []))
    hidden = set() if request.query_params.get("includeSpamTrash") == "true" or search.names_trash(query) else {"TRASH", "SPAM"}
    hidden -= wanted
    found = [c for c in box.copies.values() if wanted <= c.labels and not hidden & c.labels and search.matches(query, c)]
    return sorted(found, key=lambda copy: copy.at, reverse=True)


def paged(request: Ask, found: list[Any], default: int) -> tuple[list[Any], Json]:
    """One page and the way to the next."""
    size = min(whole(request.query_params.get("maxResults"), default), MOST) or default
    start = whole(request.query_params.get("pageToken"), 0)
    end = start + size
    return found[start:end], {"nextPageToken": str(end)} if end < len(found) else {}


@get(ME + "/messages/{id:str}")
async def get_message(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    form = format_asked(request)
    return told(shaped(message_asked(request, box), form, request.query_params.getall("metadataHeaders", [])))


@get(ME + "/messages/{message:str}/attachments/{id:str}")
async def get_attachment(request: Ask) -> Response[bytes]:
    box = allowed(request, READ)
    copy = message_asked(request, box, request.path_params["message"])
    found = attachment(copy, request.path_params["id"].removeprefix("ANGjdJ8-"))
    if found is None:
        raise not_found()
    return told(found)


@get(ME + "/threads/{id:str}")
async def get_thread(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    form = format_asked(request)
    there = thread_asked(request, box)
    wanted = request.query_params.getall("metadataHeaders", [])
    history = str(max(copy.number for copy in there))
    return told({"id": there[0].thread, "historyId": history, "messages": [shaped(copy, form, wanted) for copy in there]})


@get(ME + "/drafts")
async def list_drafts(request: Ask) -> Response[bytes]:
    box = allowed(request, (*READ, COMPOSE))
    page, following = paged(request, list(box.drafts.items()), 100)
    drafts = [{"id": draft, "message": short(box.copies[message])} for draft, message in page]
    answer: Json = {"resultSizeEstimate": len(box.drafts), **following}
    return told({"drafts": drafts, **answer} if drafts else answer)


@get(ME + "/drafts/{id:str}")
async def get_draft(request: Ask) -> Response[bytes]:
    box = allowed(request, (*READ, COMPOSE))
    form = format_asked(request)
    if request.path_params["id"] not in box.drafts:
        raise not_found()
    return told(draft_of(box, request.path_params["id"], form))


@get(ME + "/history")
async def list_history(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    start = request.query_params.get("startHistoryId", "")
    if not start.isdecimal():
        raise bad_request("Invalid startHistoryId")
    if int(start) < box.forgotten or int(start) > box.history:
        raise not_found()
    wanted = set(request.query_params.getall("historyTypes", []))
    records = [record(box, change) for change in box.changes if change.number > int(start) and told_of(change, wanted)]
    label = request.query_params.get("labelId")
    if label:
        records = [found for found in records if concerns(found, label)]
    if world_of(request).faults.take("hollow-history", box.provider, box.address):
        return told({"historyId": str(box.history), "nextPageToken": request.query_params.get("pageToken") or "0"})
    page, following = paged(request, records, 100)
    answer: Json = {"historyId": str(box.history), **following}
    return told({"history": page, **answer} if page else answer)


def told_of(change: Change, wanted: set[str]) -> bool:
    return change.what in KINDS and (not wanted or KINDS[change.what][0] in wanted)


def record(box: Box, change: Change) -> Json:
    """One entry of the history; a message that is gone by now is still named."""
    copy = box.copies.get(change.copy)
    labels = sorted(copy.labels) if copy else list(change.labels)
    message: Json = {"id": change.copy, "threadId": change.thread, "labelIds": labels}
    entry: Json = {"message": message}
    if change.what in ("labelled", "unlabelled"):
        entry["labelIds"] = list(change.labels)
    named = {"id": change.copy, "threadId": change.thread}
    return {"id": str(change.number), "messages": [named], KINDS[change.what][1]: [entry]}


def concerns(found: Json, label: str) -> bool:
    entries = [entry for _, kind in KINDS.values() for entry in found.get(kind, [])]
    return any(label in entry["message"]["labelIds"] or label in entry.get("labelIds", []) for entry in entries)


@get(ME + "/labels")
async def list_labels(request: Ask) -> Response[bytes]:
    box = allowed(request, (*LOOK, LABELS))
    system = [{"id": name, "name": name, "type": "system"} for name in SYSTEM_LABELS]
    return told({"labels": [*system, *(user_label(i, name) for i, name in box.labels.items())]})


@get(ME + "/labels/{id:str}")
async def get_label(request: Ask) -> Response[bytes]:
    """A label with its counts; what lies in the trash is not counted."""
    box = allowed(request, (*LOOK, LABELS))
    identifier = request.path_params["id"]
    if identifier not in SYSTEM_LABELS and identifier not in box.labels:
        raise not_found()
    own = user_label(identifier, box.labels[identifier]) if identifier in box.labels else {"id": identifier, "name": identifier, "type": "system"}
    there = [copy for copy in box.copies.values() if identifier in copy.labels and ("TRASH" not in copy.labels or identifier == "TRASH")]
    unread = [copy for copy in there if not copy.read]
    counts = {"messagesTotal": len(there), "messagesUnread": len(unread)}
    return told({**own, **counts, "threadsTotal": len({c.thread for c in there}), "threadsUnread": len({c.thread for c in unread})})


def user_label(identifier: str, name: str) -> Json:
    return {"id": identifier, "name": name, "type": "user", "messageListVisibility": "show", "labelListVisibility": "labelShow"}


@get(ME + "/settings/sendAs")
async def list_send_as(request: Ask) -> Response[bytes]:
    box = allowed(request, (*READ, SETTINGS))
    own = {"sendAsEmail": box.address, "displayName": box.name, "replyToAddress": "", "signature": box.signature}
    first = not any(one.default for one in box.aliases)
    return told({"sendAs": [{**own, "isPrimary": True, "isDefault": first}, *map(alias, box.aliases)]})


def alias(one: SendAs) -> Json:
    return {
        "sendAsEmail": one.address, "displayName": one.name, "replyToAddress": one.reply_to, "signature": one.signature,
        "isDefault": one.default, "treatAsAlias": True, "verificationStatus": "pending" if one.pending else "accepted",
    }  # fmt: skip


@get(ME + "/settings/autoForwarding")
async def get_auto_forwarding(request: Ask) -> Response[bytes]:
    allowed(request, (*READ, SETTINGS))
    return told({"enabled": False})


@get(ME + "/settings/vacation")
async def get_vacation(request: Ask) -> Response[bytes]:
    allowed(request, (*READ, SETTINGS))
    return told({"enableAutoReply": False})


@post(ME + "/watch", status_code=200)
async def watch(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    asked = await body_of(request)
    if not str(asked.get("topicName", "")).startswith("projects/"):
        raise bad_request("Invalid topicName does not match projects/sandbox/topics/*")
    return told(pubsub.watch(world_of(request), box))


@post(ME + "/stop")
async def stop(request: Ask) -> Response[bytes]:
    world_of(request).watches.pop(allowed(request, LOOK).address, None)
    return silent()


READING = [
    get_profile, list_messages, list_threads, get_message, get_attachment, get_thread, list_drafts, get_draft, list_history,
    list_labels, get_label, list_send_as, get_auto_forwarding, get_vacation, watch, stop,
]  # fmt: skip
