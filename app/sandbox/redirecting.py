"""From a consent page back to the app that asked: in the address, or as a form that sends itself."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response

from app.sandbox.looks import page


def asked_of(form: Any) -> str:
    """The account that was chosen or typed."""
    return str(form.get("other") or form.get("address") or "").strip().lower()


def named(form: Any) -> str:
    return str(form.get("name") or "").strip()


def back_to(asked: dict[str, str], answer: dict[str, str]) -> Response[Any]:
    """The state goes back with every answer."""
    if asked.get("state"):
        answer = {"state": asked["state"], **answer}
    if asked.get("response_mode") == "form_post":
        return page("sandbox/posting_back", to=asked["redirect_uri"], answer=answer)
    mark = "&" if "?" in asked["redirect_uri"] else "?"
    place = f"{asked['redirect_uri']}{mark}{urlencode(answer)}"
    return Response(b"", status_code=302, headers={"Location": place}, media_type="text/plain")
