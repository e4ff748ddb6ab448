"""Where templates, static files and catalogues are: beside the app in a checkout, inside it in a wheel."""

from pathlib import Path

APP = Path(__file__).parents[1]
LOCALES = APP / "locales"


def folder(name: str) -> Path:
    """`templates` or `static`."""
    checkout = APP.parent / name
    return checkout if checkout.is_dir() else APP / f"_{name}"
