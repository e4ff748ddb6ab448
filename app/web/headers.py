"""Headers that every page carries: a strict content policy (W3C CSP 3), no sniffing, no framing, no referrer."""

from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import settings


def guarded(app: ASGIApp) -> ASGIApp:
    """Add the headers to every answer; the nonce is for the one style element Trix makes."""

    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                add(MutableScopeHeaders.from_message(message), str(scope.get("state", {}).get("nonce", "")))
            await send(message)

        await app(scope, receive, send_guarded if scope["type"] == ScopeType.HTTP else send)

    return with_headers


def add(headers: MutableScopeHeaders, nonce: str) -> None:
    headers.setdefault("content-security-policy", policy(nonce))
    headers.setdefault("x-content-type-options", "nosniff")
    headers.setdefault("referrer-policy", "same-origin")
    headers.setdefault("x-frame-options", "DENY")
    headers.setdefault("cross-origin-opener-policy", "same-origin")
    headers.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("cache-control", "no-store")


def policy(nonce: str) -> str:
    """`form-action` names the providers too: browsers check it against the redirect that follows a form."""
    style = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return (
        f"default-src 'self'; script-src 'self'; style-src {style}; img-src 'self' data:; connect-src 'self'; "
        f"object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action {' '.join(forms_go())}"
    )


def forms_go() -> list[str]:
    chosen = settings()
    urls = [chosen.google.auth_url] if chosen.google else []
    urls += [chosen.microsoft.login_url] if chosen.microsoft else []
    parts = [urlsplit(url) for url in urls]
    return ["'self'", *(f"{part.scheme}://{part.netloc}" for part in parts)]
