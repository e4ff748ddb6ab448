"""What can be done with a mail in somebody's inbox, by name: from the pages and from the control API alike."""

from collections.abc import Callable
from typing import Any

import httpx

from app.sandbox import machines, people, visiting
from app.sandbox.answers import Json, Refusal
from app.sandbox.devices import DEVICES, SCANNER, Device
from app.sandbox.world import Box, Copy, World

REPORTS: dict[str, Callable[[World, Box, Copy], Copy]] = {
    "receipt": people.confirm_reading, "decline": people.decline_reading, "delivered": machines.confirms, "returned": machines.returns,
    "unknown": machines.knows_nobody, "delayed": machines.warns, "complaint": machines.complains, "challenge": machines.asks_who_you_are,
    "list": machines.writes_over_list, "notice": machines.notifies,
}  # fmt: skip


def wrong(sentence: str, status: int = 400) -> Refusal:
    return Refusal(status, {"error": sentence})


def device_named(name: object, default: str) -> Device:
    device = DEVICES.get(str(name or default))
    if device is None:
        raise wrong(f"There is no device {name!r}: choose one of {', '.join(DEVICES)}.")
    return device


async def act(world: World, client: httpx.AsyncClient, box: Box, copy: Copy, what: str, asked: dict[str, Any]) -> Json:
    """Do it, and tell what came of it."""
    if what in ("open", "click", "scan"):
        return {"visited": await visit(client, box, copy, what, asked)}
    return {"sent": written(world, box, copy, what, asked).message_id}


async def visit(client: httpx.AsyncClient, box: Box, copy: Copy, what: str, asked: dict[str, Any]) -> list[Json]:
    if what == "scan" or (what == "open" and asked.get("as") == SCANNER.name):
        return await visiting.scan(client, copy.mime, SCANNER, box.address)
    if what == "open":
        copy.read = True
        return await visiting.open_mail(client, copy.mime, device_named(asked.get("as"), "iphone"), box.address)
    device, number = device_named(asked.get("as"), "iphone"), str(asked.get("link", 0))
    found = await visiting.click(client, copy.mime, int(number) if number.isdecimal() else -1, device, box.address)
    if found is None:
        raise wrong(f"The mail has no link number {number}.", 404)
    return [found]


def written(world: World, box: Box, copy: Copy, what: str, asked: dict[str, Any]) -> Copy:
    text = str(asked.get("text") or "")
    if what == "reply":
        return people.reply(world, box, copy, text or "Thank you, that sounds good.", everyone=bool(asked.get("everyone")))
    if what == "write":
        return people.write(world, box, copy, text or "There is one more thing.", str(asked.get("subject") or ""))
    if what == "out-of-office":
        return people.out_of_office(world, box, copy, str(asked.get("until") or ""), text)
    if what == "forward":
        to = str(asked.get("to") or "")
        if "@" not in to:
            raise wrong("A forward needs an address in `to`.")
        return people.forward(world, box, copy, to, text)
    if what in REPORTS:
        return REPORTS[what](world, box, copy)
    raise wrong(f"Nobody knows how to {what!r}: open, click, scan, reply, write, out-of-office, forward, {', '.join(REPORTS)}.", 404)
