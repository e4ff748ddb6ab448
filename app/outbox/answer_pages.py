"""What the mail server said to each recipient of a sent mail: a fragment in its thread, and a page of its own."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app.identity.guarding import Me
from app.outbox.hearing_recipients import of_message
from app.threads.asking import message_of
from app.web.replies import Asked, page, partial, wants_partial


class AnswerPages(Controller):
    path = "/outbox/answers"

    @get("/{message_id:uuid}")
    async def show(self, request: Asked, me: NamedDependency[Me], message_id: FromPath[UUID]) -> Template:
        template, made = ("outbox/_answers", partial) if wants_partial(request) else ("outbox/answers", page)
        heard = await of_message(me, message_id)
        if not heard:
            await message_of(me, message_id)
        return made(template, heard=heard, unsent=False)
