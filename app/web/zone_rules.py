"""Which release of the tz database the clocks here follow. Python reads the system's files, and the package `tzdata` where there are none."""

import time
import zoneinfo
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from app.web.walls import zones

UNNAMED = "unnamed-"
SOURCE, PACKAGE = "system", "package"
LOOKS_EVERY = 10.0
"""Seconds."""


def release() -> str:
    """2025b, as whoever made the files says; where nobody says, a digest that is another one as soon as any rule is."""
    folder = system_folder()
    if folder is not None:
        return named_in(folder) or UNNAMED + digest(folder)
    return str(import_module("tzdata").IANA_VERSION) if find_spec("tzdata") else UNNAMED + "nothing"


def source() -> str:
    """Where the rules are from: the system, or the package."""
    return SOURCE if system_folder() is not None else PACKAGE


def system_folder() -> Path | None:
    """The first folder in which Python finds a zone (PEP 615, "Sources for time zone data")."""
    return next((Path(place) for place in zoneinfo.TZPATH if (Path(place) / "Europe" / "Berlin").is_file()), None)


def named_in(folder: Path) -> str:
    """`tzdata.zi` begins with "# version 2025b" (tz's own Makefile); macOS and others write a file `+VERSION`."""
    for name in ("tzdata.zi", "+VERSION"):
        file = folder / name
        if file.is_file():
            with file.open(encoding="utf-8", errors="replace") as lines:
                return lines.readline().removeprefix("# version").strip()[:40]
    return ""


def digest(folder: Path) -> str:
    """Of all zones."""
    seen = sha256()
    for name in sorted(zoneinfo.available_timezones()):
        file = folder / name
        if file.is_file():
            seen.update(name.encode() + b"\0" + file.read_bytes())
    return seen.hexdigest()[:16]


def is_newer(release: str, than: str) -> bool:
    """Only forward: nodes with older files leave alone what newer ones have reckoned. Releases sort as text (2025b before 2026a)."""
    if not than or UNNAMED in release + than:
        return release != than
    return release > than


_seen: dict[str, float | str] = {"at": 0.0, "release": ""}


def notice_changes() -> None:
    """Python keeps the zones it has read. When the files were changed under this process, forget them; looked at every ten seconds at most."""
    if time.monotonic() - float(_seen["at"]) < LOOKS_EVERY:
        return
    found = release()
    if _seen["release"] not in ("", found):
        zoneinfo.ZoneInfo.clear_cache()
        zones.cache_clear()
    _seen.update(at=time.monotonic(), release=found)
