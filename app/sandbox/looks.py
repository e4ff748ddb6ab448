"""The sandbox's own pages: plain HTML in the app's dress."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from litestar import MediaType, Response

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(__file__).parents[1]


def folder(name: str) -> Path:
    """Beside the code in a checkout, inside the package once installed."""
    return REPOSITORY / name if (REPOSITORY / name).is_dir() else PACKAGE / f"_{name}"


@cache
def shelf() -> Environment:
    return Environment(loader=FileSystemLoader(folder("templates")), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def page(template: str, status: int = 200, **told: Any) -> Response[str]:
    return Response(shelf().get_template(f"{template}.html").render(**told), status_code=status, media_type=MediaType.HTML)
