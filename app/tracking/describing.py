"""The device behind a hit as people are told of it: what is known, no more."""

from typing import Any

from app.tracking import devices, programs
from app.tracking.networks import name_of
from app.tracking.readers import HIDDEN, PROGRAM
from app.tracking.scenes import Seen
from app.tracking.tables import MACHINE


def described(hit: Seen, verdict: str) -> dict[str, Any]:
    """Kind, system, client and country; no device where a proxy hides it, and no place but of the reader's own network."""
    device = hit.device
    if verdict == MACHINE or device.kind == PROGRAM:
        return told("machine", client=device.name or name_of(hit.role))
    if device.kind == HIDDEN:
        return told("hidden", hidden_by="Apple" if device.nature == programs.BARE else device.name)
    if hit.is_open and hit.role == "proton":
        return told("hidden", hidden_by="Proton")
    in_app = hit.is_click and device.nature == devices.READER
    return told(device.kind, device.called, "" if in_app else device.client, country=hit.place)


def told(kind: str, system: str = "", client: str = "", hidden_by: str = "", country: str = "") -> dict[str, Any]:
    return {"kind": kind, "system": system, "client": client, "hidden_by": hidden_by, "country": country}
