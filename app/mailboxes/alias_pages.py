"""The addresses a mailbox sends from, and their signatures."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes.aliasing import alias_of, aliases_of, sign, signature_of, worded
from app.mailboxes.asking import company_of, mailbox_of
from app.mailboxes.tables import READ, Alias, Mailbox
from app.web.locale import N_, language_of, translate
from app.web.replies import Asked, flash, page, partial, redirect, wants_partial

SAVED = N_("The signature of %(address)s is saved.")


@dataclass
class Signature:
    """What a rep decides about one address."""

    typed: str = ""
    signs: str = ""


class AliasPages(Controller):
    path = "/mailboxes/{mailbox_id:uuid}/aliases"

    @get("/")
    async def show(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID]) -> Template:
        return await shown(request, await mailbox_of(me, mailbox_id))

    @post("/{alias_id:uuid}", status_code=200)
    async def sign(
        self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID], alias_id: FromPath[UUID], data: URLEncodedBody[Signature]
    ) -> Response[Any]:
        mailbox = await mailbox_of(me, mailbox_id)
        alias = await alias_of(mailbox, alias_id)
        try:
            await sign(alias, data.typed, bool(data.signs))
        except Refused as error:
            return await shown(request, mailbox, {str(alias.id): translate(language_of(request), error.sentence, **error.values)}, alias, data.typed)
        if wants_partial(request):
            return await shown(request, mailbox, saved=alias)
        flash(request, SAVED, address=alias.address)
        return redirect(f"/mailboxes/{mailbox.id}/aliases")


async def shown(
    request: Asked, mailbox: Mailbox, errors: dict[str, str] | None = None, wrong: Alias | None = None, typed: str = "", saved: Alias | None = None
) -> Template:
    """The addresses, with what is wrong at its field and what was typed there."""
    found = await aliases_of([mailbox.id], pending=True)
    for one in found:
        if wrong is not None and one.id == wrong.id:
            one.typed = typed
    given: dict[str, Any] = {
        "box": mailbox, "company": company_of(mailbox), "reads": READ in mailbox.rights, "errors": errors or {},
        "aliases": [(one, worded(signature_of(one))) for one in found], "saved": saved.id if saved else None,
    }  # fmt: skip
    made = partial if wants_partial(request) else page
    return made("mailboxes/_aliases" if wants_partial(request) else "mailboxes/aliases", status_code=422 if errors else 200, **given)
