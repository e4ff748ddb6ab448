"""Pin with uv, and keep the registry's address out of `uv.lock`: whoever installs uses the one set up on their machine."""

import re
import subprocess
import sys
from pathlib import Path

LOCK = Path("uv.lock")


def main() -> None:
    LOCK.unlink(missing_ok=True)
    subprocess.run([Path(sys.executable).with_name("uv"), "lock"], check=True)
    LOCK.write_text(without_hosts(LOCK.read_text("utf-8")), "utf-8")


def without_hosts(lock: str) -> str:
    """Files keep name, size and hash; `uv export` needs no more, and `pip install --require-hashes` proves them."""
    named = re.sub(r'url = "https?://[^"]*/([^"/]+)"', r'filename = "\1"', lock)
    return re.sub(r'registry = "https?://[^"]+"', 'registry = "registry"', named)


if __name__ == "__main__":
    main()
