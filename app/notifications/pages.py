"""Settings: what one is told of, by which way, when there is quiet, and how a thread comes back; and the browsers that are told."""

from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.attention.choosing import Choice, Quiet, choice_of, choose, choose_return
from app.attention.kinds import DESKTOP, KINDS, MAIL, PUSH, WAYS
from app.attention.muting import chosen_by
from app.database import together
from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes.letters import home_of
from app.notifications.subscribing import devices_of, subscribe, try_out, unsubscribe
from app.notifications.thread_pages import ThreadPages
from app.notifications.vouching import public_key
from app.notifications.worker_pages import WorkerPages
from app.web.locale import N_, language_of, translate
from app.web.replies import Asked, flash, page, partial, redirect, wants_partial

PAGE = "/settings/notifications"
RETURNS = ("inbox", "notification", "digest")
WAY_WORDS = {PUSH: N_("Push"), DESKTOP: N_("Open tab"), MAIL: N_("Mail")}
MORNING, EVENING = time(7), time(20)


@dataclass(frozen=True)
class Subscription:
    """What a browser says of itself."""

    endpoint: str = ""
    p256dh: str = ""
    auth: str = ""


class NotificationPages(Controller):
    """Everything about being told."""

    path = PAGE

    @get()
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Template:
        returns = {name for name, on in zip(RETURNS, returns_of(me), strict=True) if on}
        return await shown(request, me, await choice_of(me.person.id), returns)

    @post()
    async def update(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        """All of it, or nothing."""
        form = await request.form()
        returns = ticked(form, "returns")
        try:
            quiet = quiet_in(form)
            async with together():
                await choose(me, {way: ticked(form, way) for way in WAYS}, quiet, ticked(form, "urgent"))
                await choose_return(me, **{name: name in returns for name in RETURNS})
        except Refused as refused:
            return await shown(request, me, typed(form), returns, refused)
        flash(request, N_("Saved."))
        return redirect(PAGE)

    @post("/devices")
    async def create_device(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Subscription]) -> Response[Any]:
        await subscribe(me, data.endpoint, data.p256dh, data.auth)
        flash(request, N_("This browser tells you from now on, with no tab open too. Try it."))
        return redirect(f"{PAGE}#devices")

    @get("/devices")
    async def show_devices(self, me: NamedDependency[Me]) -> Template:
        return partial("notifications/_devices", devices=await devices_of(me))

    @post("/devices/{device_id:uuid}/try", status_code=200)
    async def try_device(self, request: Asked, me: NamedDependency[Me], device_id: FromPath[UUID]) -> Response[Any]:
        await try_out(me, device_id)
        if wants_partial(request):
            return partial("notifications/_devices", devices=await devices_of(me))
        flash(request, N_("It is on its way."))
        return redirect(f"{PAGE}#devices")

    @post("/devices/{device_id:uuid}/remove")
    async def delete_device(self, request: Asked, me: NamedDependency[Me], device_id: FromPath[UUID]) -> Response[Any]:
        await unsubscribe(me, device_id)
        flash(request, N_("Nothing more is told there."))
        return redirect(f"{PAGE}#devices")


async def shown(request: Asked, me: Me, choice: Choice, returns: set[str], refused: Refused | None = None) -> Template:
    sentence = translate(language_of(request), refused.sentence, **refused.values) if refused else ""
    errors = {refused.field: sentence} if refused and refused.field else {}
    return page(
        "notifications/settings",
        status_code=422 if refused else 200,
        choice=choice,
        returns=returns,
        errors=errors,
        problem="" if errors else sentence,
        kinds=KINDS,
        ways=WAY_WORDS,
        usual=Quiet(EVENING, MORNING),
        devices=await devices_of(me),
        key=await public_key(),
        home=await home_of(me.person.id, me.workspace.id),
        threads=await chosen_by(me),
    )


def returns_of(me: Me) -> tuple[bool, bool, bool]:
    return me.person.returns_in_inbox, me.person.returns_as_notification, me.person.returns_in_digest


def ticked(form: FormMultiDict, name: str) -> set[str]:
    return {str(value) for value in form.getall(name, [])}


def typed(form: FormMultiDict) -> Choice:
    """What is in the form, to be shown again."""
    try:
        quiet = quiet_in(form)
    except Refused:
        quiet = None
    return Choice(kinds={way: frozenset(ticked(form, way)) for way in WAYS}, quiet=quiet, urgent=frozenset(ticked(form, "urgent")))


def quiet_in(form: FormMultiDict) -> Quiet | None:
    """Both hours, or none of them."""
    if not form.get("quiet"):
        return None
    try:
        start, end = time.fromisoformat(str(form.get("quiet_from", ""))), time.fromisoformat(str(form.get("quiet_until", "")))
    except ValueError:
        raise Refused("Write both hours like 20:00.", field="quiet_until") from None
    return Quiet(start.replace(second=0, microsecond=0, tzinfo=None), end.replace(second=0, microsecond=0, tzinfo=None))


PAGES = [NotificationPages, ThreadPages, WorkerPages]
