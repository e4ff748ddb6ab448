"""Cross-site request forgery: Litestar's double-submit cookie, keyed from our secret."""

import hashlib

from litestar.config.csrf import CSRFConfig

from app.settings import Settings


def csrf(chosen: Settings) -> CSRFConfig:
    key = hashlib.blake2b(b"csrf", key=chosen.secret_keys[0].encode()[:64]).hexdigest()
    return CSRFConfig(secret=key, cookie_name="csrf", cookie_secure=chosen.secure_cookies, cookie_httponly=True)
