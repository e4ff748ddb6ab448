"""Settings of following up: the rep's texts, the morning digest, and whom they stopped asking for."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from app.contacts.stopping import all_stopped
from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes.letters import home_of
from app.reminders.choosing_mornings import choice_of, choose, end_links
from app.reminders.filling_in import COMPANY, DAYS, FIRST_NAME, MY_NAME, NAME, SUBJECT, filled
from app.reminders.keeping_texts import change, keep, offered, remove, restore, take_over, text_of, texts_of
from app.web.locale import N_, translate
from app.web.replies import Asked, flash, page, redirect

HERE = "/settings/following-up"
EXAMPLE_SUBJECT = N_("Offer 2026")


@dataclass
class Typed:
    """A text as typed; `id` of the one that is changed, empty for a new one."""

    name: str = ""
    text: str = ""
    id: str = ""


@dataclass
class Offer:
    key: str = ""


@dataclass
class Morning:
    """A switch that is off is not in the form."""

    wanted: str = ""
    at: str = ""


class FollowingUpPages(Controller):
    path = HERE

    @get()
    async def show(self, request: Asked, me: NamedDependency[Me], text: FromQuery[str] = "") -> Response[Any]:
        """`?text=` opens one of them for changing."""
        found = next((one for one in await texts_of(me) if str(one.id) == text), None)
        return await settings(me, Typed(found.name, found.text, str(found.id)) if found else Typed())

    @post("/texts", status_code=200)
    async def create(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Typed]) -> Response[Any]:
        try:
            await keep(me, data.name, data.text)
        except Refused as refused:
            return await settings(me, Typed(data.name, data.text), refused)
        return saved(request)

    @post("/texts/offered", status_code=200)
    async def create_from_ours(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Offer]) -> Response[Any]:
        """One of ours, to be changed at once."""
        made = await take_over(me, data.key)
        return redirect(f"{HERE}?text={made.id}")

    @post("/texts/{text_id:uuid}", status_code=200)
    async def update(self, request: Asked, me: NamedDependency[Me], text_id: FromPath[UUID], data: URLEncodedBody[Typed]) -> Response[Any]:
        text = await text_of(me, text_id)
        try:
            await change(text, data.name, data.text)
        except Refused as refused:
            return await settings(me, Typed(data.name, data.text, str(text.id)), refused)
        return saved(request)

    @post("/texts/{text_id:uuid}/remove", status_code=200)
    async def remove(self, request: Asked, me: NamedDependency[Me], text_id: FromPath[UUID]) -> Response[Any]:
        text = await text_of(me, text_id)
        await remove(text)
        flash(request, N_("“%(name)s” is removed."), undo=f"{HERE}/texts/{text.id}/restore", name=text.name)
        return redirect(HERE)

    @post("/texts/{text_id:uuid}/restore", status_code=200)
    async def restore(self, request: Asked, me: NamedDependency[Me], text_id: FromPath[UUID]) -> Response[Any]:
        await restore(await text_of(me, text_id))
        return redirect(HERE)

    @post("/digest", status_code=200)
    async def update_morning(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Morning]) -> Response[Any]:
        try:
            await choose(me, bool(data.wanted), data.at)
        except Refused as refused:
            return await settings(me, Typed(), refused, at=data.at)
        return saved(request)

    @post("/links/end", status_code=200)
    async def end_links(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        await end_links(me)
        flash(request, N_("The links in every digest so far are ended. They show nothing any more."))
        return redirect(HERE)


async def settings(me: Me, typed: Typed, refused: Refused | None = None, at: str = "") -> Response[Any]:
    """The page, with what is wrong at its field."""
    language = me.person.locale
    errors = {refused.field or "text": translate(language, refused.sentence, **refused.values)} if refused else {}
    choice, home = await choice_of(me), await home_of(me.person.id, me.workspace.id)
    own, example = await texts_of(me), {**EXAMPLE, SUBJECT: translate(language, EXAMPLE_SUBJECT), MY_NAME: me.person.name}
    return page(
        "reminders/following_up", status_code=422 if refused else 200, typed=typed, errors=errors, texts=own, ours=offered(), choice=choice,
        at=at or choice.at.strftime("%H:%M"), home=home, stopped=await all_stopped(me), preview=lambda text: filled(text, example),
    )  # fmt: skip


EXAMPLE = {FIRST_NAME: "Anna", NAME: "Anna Weber", COMPANY: "Alpenblick Hotels", DAYS: "3"}


def saved(request: Asked) -> Response[Any]:
    flash(request, N_("Saved."))
    return redirect(HERE)
