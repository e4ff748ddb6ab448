import string
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app import settings as app_settings
from app.tracking import tokens

OFFER = "https://brückner.example/offer?hall=1&hall=3#price 'x' \"y\" 100%+"
WORKSPACE, MESSAGE = uuid4(), uuid4()
uuids = st.uuids()
destinations = st.text(max_size=300).map(lambda rest: "https://example.com/" + rest).filter(lambda url: tokens.is_web(url) and encodable(url))


def encodable(text: str) -> bool:
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def parts_of(url: str) -> tuple[str, bytes]:
    path, _, query = url.partition("?")
    return path.rpartition("/c/")[2], query.encode()


@given(uuids, uuids, st.integers(0, tokens.MOST_LINKS - 1), destinations)
def test_a_link_leads_exactly_where_it_was_sealed_to(workspace: UUID, message: UUID, number: int, destination: str) -> None:
    url = tokens.link_url(workspace, message, number, destination)
    assert tokens.open_link(*parts_of(url)) == (tokens.Token(workspace.bytes, message.bytes, number), destination)
    assert url.isascii()
    assert not set(url) & set("\"'<>& \t\r\n")


@given(destinations, st.integers(0, 63), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_changing_any_character_of_a_token_makes_it_worthless(destination: str, place: int, character: str) -> None:
    token, query = parts_of(tokens.link_url(WORKSPACE, MESSAGE, 0, destination))
    changed = token[:place] + character + token[place + 1 :]
    assume(changed != token)
    assert tokens.open_link(changed, query) is None


@given(destinations, destinations)
def test_a_token_leads_nowhere_else(sealed: str, wanted: str) -> None:
    assume(sealed != wanted)
    token, _ = parts_of(tokens.link_url(WORKSPACE, MESSAGE, 0, sealed))
    _, query = parts_of(tokens.link_url(WORKSPACE, MESSAGE, 0, wanted))
    assert tokens.open_link(token, query) is None


@given(st.text(max_size=100), st.binary(max_size=200))
def test_any_nonsense_is_no_token_and_no_error(token: str, query: bytes) -> None:
    assert tokens.open_pixel(token) is None
    assert tokens.open_opt_out(token) is None
    assert tokens.open_link(token, query) is None


def test_a_token_of_one_purpose_serves_no_other() -> None:
    pixel = tokens.pixel_url(WORKSPACE, MESSAGE).rpartition("/")[2].removesuffix(".gif")
    assert tokens.open_pixel(pixel) == tokens.Token(WORKSPACE.bytes, MESSAGE.bytes, tokens.PIXEL)
    assert tokens.open_opt_out(pixel) is None
    assert tokens.open_pixel(tokens.opt_out_token(WORKSPACE, MESSAGE)) is None


def test_parameters_that_others_append_do_no_harm() -> None:
    token, query = parts_of(tokens.link_url(WORKSPACE, MESSAGE, 2, OFFER))
    assert tokens.open_link(token, b"fbclid=1&" + query + b"&utm_source=x") == (tokens.Token(WORKSPACE.bytes, MESSAGE.bytes, 2), OFFER)


@pytest.mark.parametrize(
    "destination", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http:///x", "/local", "mailto:a@b.c", "https://[x"]
)
def test_only_web_pages_are_ever_followed(destination: str) -> None:
    token, query = parts_of(tokens.link_url(WORKSPACE, MESSAGE, 0, destination))
    assert tokens.open_link(token, query) is None


def use(monkeypatch: pytest.MonkeyPatch, *secrets: str) -> None:
    changed = replace(app_settings.settings(), secret_keys=secrets)
    monkeypatch.setattr(tokens, "settings", lambda: changed)


def test_an_old_key_still_opens_what_it_sealed_and_a_strange_one_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "old" * 20)
    token = tokens.opt_out_token(WORKSPACE, MESSAGE)
    use(monkeypatch, "new" * 20, "old" * 20)
    assert tokens.open_opt_out(token) == tokens.Token(WORKSPACE.bytes, MESSAGE.bytes, 0)
    use(monkeypatch, "new" * 20)
    assert tokens.open_opt_out(token) is None
