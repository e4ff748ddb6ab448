"""Why a hit is what we say it is, and the page where recipients see and end what is recorded about them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from app.contacts.finding import contact_of
from app.errors import Refused
from app.identity.guarding import Me
from app.threads.asking import message_of, recipients_of
from app.tracking.asking import past_of, touch_of, touches_of, verdict_of
from app.tracking.opting_out import opt_out, record_of, way_out
from app.tracking.overruling import overrule
from app.tracking.owning import devices_of, places_as_of
from app.web.locale import N_, language_of, translate
from app.web.replies import Asked, flash, page, partial, redirect, wants_partial


@dataclass(frozen=True)
class Ruling:
    """Who it was, says the rep."""

    who: str = ""


@dataclass(frozen=True)
class OptOut:
    """Who wants out, where the link alone does not say."""

    address: str = ""


class HitPages(Controller):
    """Opens and clicks, with their reasons."""

    @get("/messages/{message_id:uuid}/hits")
    async def of_message(self, request: Asked, me: NamedDependency[Me], message_id: FromPath[UUID]) -> Response[Any]:
        touches = await touches_of(me, message_id, language_of(request))
        message, past = await message_of(me, message_id), await past_of(me, message_id)
        return shown(request, "tracking/hits", touches=touches, message=message, names=await names_of(message_id), past=past)

    @get("/hits/{hit_id:uuid}/why")
    async def why(self, request: Asked, me: NamedDependency[Me], hit_id: FromPath[UUID]) -> Response[Any]:
        return await why_shown(request, me, hit_id)

    @post("/hits/{hit_id:uuid}/overrule", status_code=200)
    async def overrule(self, request: Asked, me: NamedDependency[Me], hit_id: FromPath[UUID], data: URLEncodedBody[Ruling]) -> Response[Any]:
        await overrule(await verdict_of(me, hit_id), me.person.id, data.who)
        if wants_partial(request):
            return await why_shown(request, me, hit_id)
        flash(request, N_("Noted. Your word counts from now on."))
        return redirect(f"/hits/{hit_id}/why")


class DevicePages(Controller):
    """What a contact reads mail on."""

    @get("/devices/of-contact/{contact_id:uuid}")
    async def of_contact(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Response[Any]:
        found = await devices_of(me, await contact_of(me, contact_id), language_of(request))
        return shown(request, "tracking/devices", devices=found, as_of=places_as_of(found))


class OptOutPages(Controller):
    """The recipient's own page. The link in the mail is the key to it; looking changes nothing, as programs look too."""

    @get("/t/{token:str}")
    async def show(self, token: FromPath[str]) -> Response[Any]:
        way = await way_out(token)
        return page("tracking/opt_out", way=way, record=await record_of(way), done=False, address="", errors={})

    @post("/t/{token:str}", status_code=200)
    async def create(self, request: Asked, token: FromPath[str], data: URLEncodedBody[OptOut]) -> Response[Any]:
        way = await way_out(token)
        errors: dict[str, str] = {}
        try:
            await opt_out(way, data.address)
        except Refused as error:
            errors = {error.field or "address": translate(language_of(request), error.sentence, **error.values)}
        status = 422 if errors else 200
        record = await record_of(way)
        return page("tracking/opt_out", status_code=status, way=way, record=record, done=not errors, address=data.address, errors=errors)


async def why_shown(request: Asked, me: Me, hit_id: UUID) -> Response[Any]:
    touch = await touch_of(me, hit_id, language_of(request))
    message = (await verdict_of(me, hit_id)).message
    return shown(request, "tracking/why", touch=touch, names=await names_of(message))


async def names_of(message: UUID) -> list[str]:
    return [one.name or one.address for one in (await recipients_of([message]))[message]]


def shown(request: Asked, fragment: str, **context: Any) -> Response[Any]:
    """The fragment for htmx, the same fragment on a page of its own otherwise."""
    return partial(fragment, **context) if wants_partial(request) else page("tracking/alone", fragment=f"{fragment}.html", **context)


PAGES = [HitPages, DevicePages, OptOutPages]
