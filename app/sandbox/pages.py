"""The inbox pages: who gets mail, what they got, and every way to open, click and answer it."""

import mimetypes
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlencode

import nh3
from litestar import Response, get, post

from app.sandbox import mime as mails
from app.sandbox.acts import act
from app.sandbox.answers import Ask, Json, Refusal, world_of
from app.sandbox.control import chosen, described, outside, received
from app.sandbox.devices import DEVICES
from app.sandbox.looks import folder, page
from app.sandbox.world import Box


@get("/")
async def everyone(request: Ask) -> Response[str]:
    boxes = sorted(world_of(request).boxes.values(), key=lambda box: (box.provider == "person", box.address))
    return page("sandbox/everyone", boxes=[(box, len(received(box))) for box in boxes])


@get("/inbox/{address:str}")
async def inbox(request: Ask) -> Response[str]:
    box = known(request)
    if box is None:
        return page("sandbox/refused", 404, provider="The sandbox", trouble="Nobody of this address has got a mail yet.")
    return page("sandbox/inbox", box=box, mails=[described(copy) for copy in received(box)])


def known(request: Ask) -> Box | None:
    return world_of(request).boxes.get(request.path_params["address"].lower())


@get("/inbox/{address:str}/{id:str}")
async def letter(request: Ask) -> Response[str]:
    box = known(request)
    if box is None:
        return page("sandbox/refused", 404, provider="The sandbox", trouble="Nobody of this address has got a mail yet.")
    copy = chosen(box, request.path_params["id"])
    return page(
        "sandbox/letter", box=box, mail=described(copy), copy=copy, shown=harmless(copy.mime),
        devices=DEVICES.values(), note=request.query_params.get("note", ""), bad="bad" in request.query_params,
    )  # fmt: skip


def harmless(mail: bytes) -> str:
    """The HTML without pictures, scripts and live links: looking at this page opens nothing."""
    return nh3.clean(mails.body(mail, "text/html"), tags=nh3.ALLOWED_TAGS - {"img", "a", "map", "area"}, attributes={})


@post("/inbox/{address:str}/{id:str}/{what:str}", status_code=303)
async def do_it(request: Ask) -> Response[Any]:
    """A button was pressed: do it for real and say what came of it."""
    box = world_of(request).box(request.path_params["address"])
    copy = chosen(box, request.path_params["id"])
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        async with outside(request) as client:
            told = {"note": spoken(await act(world_of(request), client, box, copy, request.path_params["what"], form))}
    except Refusal as refusal:
        told = {"note": str(refusal.body["error"]), "bad": "1"}
    place = f"/inbox/{quote(box.address)}/{copy.id}?{urlencode(told)}"
    return Response(b"", status_code=303, headers={"Location": place}, media_type="text/plain")


def spoken(done: Json) -> str:
    """What came of it, in a sentence."""
    if "sent" in done:
        return "Sent."
    visited = done["visited"]
    failed = [visit for visit in visited if visit["status"] is None]
    if failed:
        return f"Out of reach: {failed[0]['error']}"
    if not visited:
        return "The mail holds nothing to load: nobody will ever know that it was opened."
    return "Asked for " + ", ".join(f"{visit['url'][:60]} ({visit['status']})" for visit in visited[:4])


@get("/static/{path:path}")
async def static_file(request: Ask) -> Response[bytes]:
    """The app's own stylesheet and icons."""
    wanted = PurePosixPath(request.path_params["path"].lstrip("/"))
    base = folder("static").resolve()
    found = (base / wanted).resolve()
    if base not in found.parents or not found.is_file():
        return Response(b"", status_code=404, media_type="text/plain")
    return Response(found.read_bytes(), media_type=mimetypes.guess_type(found.name)[0] or "application/octet-stream")


@get("/sandbox.css")
async def stylesheet() -> Response[bytes]:
    return Response((folder("templates") / "sandbox" / "sandbox.css").read_bytes(), media_type="text/css")


PAGES = [stylesheet, everyone, inbox, letter, do_it, static_file]
