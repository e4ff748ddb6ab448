"""Graph: folders, their messages, and what changed in one since the last time."""

import secrets
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from app.sandbox.answers import Ask, Json, told, whole
from app.sandbox.graph_asking import (
    FOLDERS as NAMES,
)
from app.sandbox.graph_asking import (
    LOOK,
    READWRITE,
    SETTINGS,
    allowed,
    bad_request,
    folder_id,
    folder_named,
    immutable,
    moving_id,
    preferences,
    refusal,
)
from app.sandbox.graph_messages import CONTEXT, ME, applied, shown
from app.sandbox.graph_search import conversation_in, test_of
from app.sandbox.graph_shapes import shaped
from app.sandbox.graph_writing import drafted
from app.sandbox.world import Box, Copy

FOLDER = ME + "/mailFolders/{folder:str}"
MOST = 1000


@get(ME + "/mailFolders")
async def list_folders(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    return told({"@odata.context": CONTEXT + "users('me')/mailFolders", "value": [folder_shape(box, name) for name in [*NAMES, *box.folders]]})


@get(FOLDER)
async def get_folder(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    return told(folder_shape(box, folder_named(box, request.path_params["folder"])))


def folder_shape(box: Box, name: str) -> Json:
    there = [copy for copy in box.copies.values() if copy.folder == name]
    return {
        "id": folder_id(box, name),
        "displayName": NAMES.get(name) or box.folders[name],
        "parentFolderId": folder_id(box, "root"),
        "childFolderCount": 0,
        "unreadItemCount": sum(not copy.read for copy in there),
        "totalItemCount": len(there),
        "isHidden": False,
    }


@get(ME + "/messages")
async def list_messages(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    return listed(request, box, list(box.copies.values()))


@get(FOLDER + "/messages")
async def list_folder(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    name = folder_named(box, request.path_params["folder"])
    return listed(request, box, [copy for copy in box.copies.values() if copy.folder == name])


def listed(request: Ask, box: Box, copies: list[Copy]) -> Response[bytes]:
    """Newest first, filtered and cut into pages."""
    asked = request.query_params
    test = test_of(asked.get("$filter", ""))
    if conversation := conversation_in(asked.get("$filter", "")):
        copies = [copy for copy in box.of_thread(conversation) if copy in copies] if len(copies) < len(box.copies) else box.of_thread(conversation)
    backwards = "asc" not in asked.get("$orderby", "receivedDateTime desc").lower().split()
    found = sorted((copy for copy in copies if test(copy)), key=lambda copy: copy.at, reverse=backwards)
    size = min(whole(asked.get("$top"), whole(preferences(request).get("odata.maxpagesize"), 10)), MOST) or 10
    start = whole(asked.get("$skip"), 0)
    answer: Json = {"@odata.context": CONTEXT + "users('me')/messages"}
    if asked.get("$count") == "true":
        answer["@odata.count"] = len(found)
    answer["value"] = [shaped(request, box, copy) for copy in found[start : start + size]]
    if start + size < len(found):
        answer["@odata.nextLink"] = link(request, {**dict(asked.items()), "$skip": str(start + size)})
    return told(answer, headers=applied(request))


def link(request: Ask, query: dict[str, str]) -> str:
    return f"{str(request.base_url).rstrip('/')}{request.url.path}?{urlencode(query, safe='$')}"


@post(FOLDER + "/messages", status_code=201)
async def create_in_folder(request: Ask) -> Response[bytes]:
    box = allowed(request, (READWRITE,))
    name = folder_named(box, request.path_params["folder"])
    return shown(request, box, await drafted(request, box, name), 201)


@get(FOLDER + "/messages/delta")
async def changes(request: Ask) -> Response[bytes]:
    """A first round over everything, then rounds over what changed; each ends with a link to the next."""
    box = allowed(request, LOOK)
    name = folder_named(box, request.path_params["folder"])
    asked = request.query_params
    token = asked.get("$skiptoken") or asked.get("$deltatoken")
    if token is None:
        current = begun(request, box, name)
    elif token not in box.rounds or box.rounds[token]["folder"] != name:
        raise bad_request("Badly formed token.", "SyncStateInvalid")
    elif box.rounds[token]["number"] < box.forgotten:
        raise refusal(410, "SyncStateNotFound", "The sync state generation is not found; resync is required.")
    elif asked.get("$skiptoken"):
        current = box.rounds[token]
    else:
        current = continued(box, name, box.rounds[token])
    return page_of(request, box, current)


def begun(request: Ask, box: Box, name: str) -> Json:
    """Everything in the folder, newest first; the place in the history is taken before."""
    asked = {key: value for key, value in request.query_params.items() if key in ("$select", "$expand", "$filter")}
    if "$search" in request.query_params:
        raise bad_request("$search is not supported with delta.", "ErrorInvalidUrlQuery")
    test = test_of(asked.get("$filter", ""))
    there = [copy for copy in box.copies.values() if copy.folder == name and test(copy)]
    ordered = [copy.id for copy in sorted(there, key=lambda copy: copy.at, reverse=True)]
    return {"folder": name, "number": box.history, "ids": ordered, "asked": asked}


def continued(box: Box, name: str, before: Json) -> Json:
    """Each message once, whatever happened to it."""
    touched = [change for change in box.changes if change.number > before["number"] and change.folder == name]
    ids = list(dict.fromkeys(change.copy for change in touched))
    return {**before, "number": box.history, "ids": ids}


def page_of(request: Ask, box: Box, current: Json) -> Response[bytes]:
    size = min(whole(preferences(request).get("odata.maxpagesize"), 10), MOST) or 10
    ids, rest = current["ids"][:size], current["ids"][size:]
    key = "$skiptoken" if rest else "$deltatoken"
    token = secrets.token_urlsafe(24)
    box.rounds[token] = {**current, "ids": rest}
    following = link(request, {**current["asked"], key: token})
    answer: Json = {"@odata.context": CONTEXT + "Collection(message)"}
    answer["@odata.nextLink" if rest else "@odata.deltaLink"] = following
    answer["value"] = [row(request, box, identifier, current["folder"]) for identifier in ids]
    return told(answer, headers=applied(request))


def row(request: Ask, box: Box, identifier: str, folder: str) -> Json:
    """The message as it is now, or that it is no longer here."""
    copy = box.copies.get(identifier)
    if copy and copy.folder == folder:
        return shaped(request, box, copy)
    shown_as = identifier if immutable(request) else moving_id(box, identifier, folder)
    reason: Any = {"reason": "changed" if copy else "deleted"}
    return {"@odata.type": "#microsoft.graph.message", "id": shown_as, "@removed": reason}


@get(ME + "/mailFolders/inbox/messageRules")
async def list_rules(request: Ask) -> Response[bytes]:
    allowed(request, (SETTINGS, "mailboxsettings.readwrite"))
    return told({"@odata.context": CONTEXT + "users('me')/mailFolders('inbox')/messageRules", "value": []})


FOLDERS = [list_folders, get_folder, list_messages, list_folder, create_in_folder, changes, list_rules]
