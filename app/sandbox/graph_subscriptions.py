"""Graph: subscriptions, with the handshake before they begin and a notice after every change."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx
from litestar import Response, delete, get, patch, post

from app.clock import new_id, now
from app.sandbox.answers import Ask, Json, body_of, silent, told, world_of
from app.sandbox.graph_asking import GRAPH, LOOK, allowed, bad_request, folder_named, immutable, moving_id, not_found
from app.sandbox.graph_messages import CONTEXT
from app.sandbox.telling import send
from app.sandbox.world import Box, Change, Subscription, World

LONGEST = timedelta(minutes=10_080)
PATIENCE = 10.0
MOST_MOVED = 25
RESOURCE = re.compile(r"^/?me/(?:mailFolders(?:\('([^']+)'\)|/([^/]+))/)?messages$", re.I)
KINDS = {"added": "created", "changed": "updated", "deleted": "deleted", "left": "updated"}
Outside = Callable[[], httpx.AsyncClient]


@post(GRAPH + "/subscriptions", status_code=201)
async def subscribe(request: Ask) -> Response[bytes]:
    """Both addresses must answer the handshake while the request is still waiting."""
    box = allowed(request, LOOK)
    asked = await body_of(request)
    url, lifecycle = str(asked.get("notificationUrl") or ""), asked.get("lifecycleNotificationUrl")
    place = RESOURCE.match(str(asked.get("resource") or ""))
    if place is None or not url:
        raise bad_request("Resource or notificationUrl is not supported.", "ExtensionError")
    if place[1] or place[2]:
        folder_named(box, place[1] or place[2])
    expires_at = expiry(asked)
    for address in filter(None, (url, lifecycle)):
        await shake_hands(request.app.state["outside"], str(address))
    made = Subscription(
        id=str(new_id()),
        mailbox=box.address,
        resource=str(asked["resource"]),
        change_types=tuple(str(asked.get("changeType") or "").split(",")),
        url=url,
        lifecycle_url=lifecycle,
        client_state=asked.get("clientState"),
        expires_at=expires_at,
        told=box.history,
        lasting=immutable(request),
    )
    world_of(request).subscriptions[made.id] = made
    return told(shaped(made), 201)


def expiry(asked: Json) -> str:
    text = str(asked.get("expirationDateTime") or "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not now() < moment <= now() + LONGEST:
        raise bad_request("Subscription expiration can only be 10080 minutes in the future.", "ExtensionError")
    return text


async def shake_hands(outside: Outside, url: str) -> None:
    """The receiver proves that it is there by saying the token back."""
    token = f"Validation: Testing client application reachability for subscription Request-Id: {new_id()}"
    mark = "&" if "?" in url else "?"
    try:
        async with outside() as client:
            answer = await client.post(f"{url}{mark}{urlencode({'validationToken': token})}", timeout=PATIENCE)
    except httpx.HTTPError:
        raise bad_request("Subscription validation request failed. Notification endpoint is out of reach.", "ValidationError") from None
    if answer.status_code != 200 or answer.text != token:
        raise bad_request("Subscription validation request failed. Must respond with 200 OK to this request.", "ValidationError")


def shaped(made: Subscription) -> Json:
    return {
        "@odata.context": CONTEXT + "subscriptions/$entity",
        "id": made.id,
        "resource": made.resource,
        "changeType": ",".join(made.change_types),
        "notificationUrl": made.url,
        "lifecycleNotificationUrl": made.lifecycle_url,
        "expirationDateTime": made.expires_at,
        "clientState": made.client_state,
        "latestSupportedTlsVersion": "v1_2",
    }


def subscription_asked(request: Ask) -> Subscription:
    box = allowed(request, LOOK)
    made = world_of(request).subscriptions.get(request.path_params["id"])
    if made is None or made.mailbox != box.address:
        raise not_found()
    return made


@get(GRAPH + "/subscriptions")
async def list_subscriptions(request: Ask) -> Response[bytes]:
    box = allowed(request, LOOK)
    own = [shaped(made) for made in world_of(request).subscriptions.values() if made.mailbox == box.address]
    return told({"@odata.context": CONTEXT + "subscriptions", "value": own})


@get(GRAPH + "/subscriptions/{id:str}")
async def get_subscription(request: Ask) -> Response[bytes]:
    return told(shaped(subscription_asked(request)))


@patch(GRAPH + "/subscriptions/{id:str}")
async def renew(request: Ask) -> Response[bytes]:
    made = subscription_asked(request)
    made.expires_at = expiry(await body_of(request))
    return told(shaped(made))


@delete(GRAPH + "/subscriptions/{id:str}", status_code=200)
async def unsubscribe(request: Ask) -> Response[bytes]:
    del world_of(request).subscriptions[subscription_asked(request).id]
    return silent()


def notify(world: World, outside: Outside) -> None:
    """Tell every subscriber what changed since it was told last; nobody waits for it."""
    for made in list(world.subscriptions.values()):
        box = world.box(made.mailbox)
        fresh = [change for change in box.changes if change.number > made.told and concerns(made, change)]
        made.told = box.history
        if fresh and datetime.fromisoformat(made.expires_at) > now():
            tell(world, outside, made, box, fresh)


def concerns(made: Subscription, change: Change) -> bool:
    place = RESOURCE.match(made.resource)
    folder = (place[1] or place[2] or "") if place else ""
    return KINDS.get(change.what, "") in made.change_types and folder.lower() in ("", change.folder)


def tell(world: World, outside: Outside, made: Subscription, box: Box, fresh: list[Change]) -> None:
    """More than 25 mails that move at once are told only as `missed`, when asked to (graph-docs #14914)."""
    moved = {change.copy for change in box.changes if change.what == "left"} & {change.copy for change in fresh}
    if len(moved) > MOST_MOVED and made.lifecycle_url and world.faults.take("only-missed", box.provider, box.address):
        send(world, outside, box, made.lifecycle_url, {"value": [lifecycle(made, box, "missed")]})
        return
    send(world, outside, box, made.url, {"value": [notice(made, box, change) for change in fresh]})


def live_through(world: World, outside: Outside, box: Box, event: str) -> int:
    """A lifecycle event for every subscription of the mailbox; one that is removed is gone before anybody hears of it."""
    own = [made for made in world.subscriptions.values() if made.mailbox == box.address and made.lifecycle_url]
    for made in own:
        if event == "subscriptionRemoved":
            del world.subscriptions[made.id]
        send(world, outside, box, str(made.lifecycle_url), {"value": [lifecycle(made, box, event)]})
    return len(own)


def lifecycle(made: Subscription, box: Box, event: str) -> Json:
    return {
        "id": str(new_id()),
        "subscriptionId": made.id,
        "subscriptionExpirationDateTime": made.expires_at,
        "lifecycleEvent": event,
        "resource": made.resource,
        "clientState": made.client_state,
        "tenantId": box.tid,
    }


def notice(made: Subscription, box: Box, change: Change) -> Json:
    shown = change.copy if made.lasting else moving_id(box, change.copy, change.folder)
    place = f"Users/{box.oid}/Messages/{shown}"
    return {
        "id": str(new_id()),
        "subscriptionId": made.id,
        "subscriptionExpirationDateTime": made.expires_at,
        "changeType": KINDS[change.what],
        "resource": place,
        "clientState": made.client_state,
        "tenantId": box.tid,
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": place, "@odata.etag": f'W/"{change.number}"', "id": shown},
    }


@post(GRAPH + "/subscriptions/{id:str}/reauthorize", status_code=204)
async def reauthorize(request: Ask) -> None:
    subscription_asked(request)


SUBSCRIPTIONS = [subscribe, list_subscriptions, get_subscription, renew, unsubscribe, reauthorize]
