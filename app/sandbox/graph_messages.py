"""Graph: me, drafts, sending, reading, changing, moving."""

from typing import Any

from litestar import Response, delete, get, patch, post

from app.sandbox import filing, people
from app.sandbox.answers import Ask, Json, body_of, silent, told, world_of
from app.sandbox.graph_asking import (
    BODIES,
    GRAPH,
    LOOK,
    READWRITE,
    SEND,
    SETTINGS,
    USER,
    allowed,
    bad_request,
    folder_named,
    immutable,
    message_asked,
)
from app.sandbox.graph_shapes import shaped
from app.sandbox.graph_writing import changed, composed, drafted, is_mime, mime_asked, sent
from app.sandbox.world import Box, Copy

ME = GRAPH + "/me"
CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#"


def shown(request: Ask, box: Box, copy: Copy, status: int = 200) -> Response[bytes]:
    body: Json = {"@odata.context": CONTEXT + "users('me')/messages/$entity", **shaped(request, box, copy)}
    return told(body, status, applied(request))


def applied(request: Ask) -> dict[str, str]:
    return {"Preference-Applied": 'IdType="ImmutableId"'} if immutable(request) else {}


@get(ME)
async def get_me(request: Ask) -> Response[bytes]:
    box = allowed(request, (USER, *LOOK, SEND, READWRITE, "openid"))
    return told(
        {
            "@odata.context": CONTEXT + "users/$entity",
            "id": box.oid,
            "displayName": box.name,
            "mail": box.address,
            "userPrincipalName": box.address,
            **proxies(request, box),
        }
    )


def proxies(request: Ask, box: Box) -> Json:
    """Only when asked for: the main address in capitals, the others small."""
    if "proxyAddresses" not in request.query_params.get("$select", ""):
        return {}
    return {"proxyAddresses": [f"SMTP:{box.address}", *(f"smtp:{one.address}" for one in box.aliases)]}


@post(ME + "/sendMail", status_code=202)
async def send_mail(request: Ask) -> Response[bytes]:
    """202 and nothing more: no id, no copy yet."""
    box = allowed(request, (SEND,))
    if is_mime(request):
        copy, kept = filing.put(box, await mime_asked(request, box), "draft"), True
    else:
        asked = await body_of(request)
        message = asked.get("message") or asked.get("Message")
        if not isinstance(message, dict):
            raise bad_request("The required parameter 'message' is missing.")
        copy = filing.put(box, composed(box, message), "draft")
        copy.made, copy.marks = "json", {"isReadReceiptRequested": bool(message.get("isReadReceiptRequested"))}
        kept = bool(asked.get("saveToSentItems", asked.get("SaveToSentItems", True)))
    try:
        sent(world_of(request), box, copy, kept=kept)
    except Exception:
        filing.remove(box, copy)
        raise
    return silent(202)


@post(ME + "/messages", status_code=201)
async def create_draft(request: Ask) -> Response[bytes]:
    box = allowed(request, (READWRITE,))
    return shown(request, box, await drafted(request, box), 201)


@get(ME + "/messages/{id:str}")
async def get_message(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    return shown(request, box, message_asked(request, box))


@get(ME + "/messages/{id:str}/$value")
async def get_mime(request: Ask) -> Response[bytes]:
    box = allowed(request, BODIES)
    return Response(message_asked(request, box).mime, media_type="text/plain")


@patch(ME + "/messages/{id:str}")
async def change_message(request: Ask) -> Response[bytes]:
    box = allowed(request, (READWRITE,))
    copy = message_asked(request, box)
    changed(box, copy, await body_of(request))
    return shown(request, box, copy)


@delete(ME + "/messages/{id:str}", status_code=200)
async def delete_message(request: Ask) -> Response[bytes]:
    """Into Deleted Items; from there for good."""
    box = allowed(request, (READWRITE,))
    copy = message_asked(request, box)
    if copy.folder == "deleteditems":
        filing.remove(box, copy)
    else:
        filing.move(box, copy, "deleteditems")
    return silent()


@post(ME + "/messages/{id:str}/send", status_code=202)
async def send_draft(request: Ask) -> Response[bytes]:
    """Nothing holds anybody from sending a draft that is still in transport: whoever does, sends it twice."""
    box = allowed(request, (SEND,))
    copy = message_asked(request, box)
    if not copy.draft:
        raise bad_request("The message is no draft.", "ErrorInvalidOperation")
    sent(world_of(request), box, copy)
    return silent(202)


@post(ME + "/messages/{id:str}/move", status_code=201)
async def move_message(request: Ask) -> Response[bytes]:
    box = allowed(request, (READWRITE,))
    copy = message_asked(request, box)
    asked = await body_of(request)
    filing.move(box, copy, folder_named(box, str(asked.get("destinationId") or asked.get("DestinationId") or "")))
    return shown(request, box, copy, 201)


@post(ME + "/messages/{id:str}/createReply", status_code=201)
async def create_reply(request: Ask) -> Response[bytes]:
    """A draft in the same conversation, with the headers that JSON cannot set."""
    box = allowed(request, (READWRITE,))
    copy = message_asked(request, box)
    asked: dict[str, Any] = await body_of(request)
    prefix = "" if people.subject_of(copy).lower().startswith("re:") else "RE: "
    answer = people.letter(box, people.answered(copy), prefix + people.subject_of(copy), copy)
    answer.set_content(str(asked.get("comment") or ""))
    draft = filing.put(box, answer.as_bytes().replace(b"\n", b"\r\n"), "draft", thread=copy.thread)
    draft.made = "json"
    if isinstance(asked.get("message"), dict):
        changed(box, draft, asked["message"])
    return shown(request, box, draft, 201)


@get(ME + "/mailboxSettings")
async def get_settings(request: Ask) -> Response[bytes]:
    allowed(request, (SETTINGS, "mailboxsettings.readwrite"))
    away = {"status": "disabled", "externalAudience": "none", "internalReplyMessage": "", "externalReplyMessage": ""}
    return told({"timeZone": "W. Europe Standard Time", "automaticRepliesSetting": away})


MESSAGES = [
    get_me, send_mail, create_draft, get_message, get_mime, change_message, delete_message, send_draft, move_message,
    create_reply, get_settings,
]  # fmt: skip
