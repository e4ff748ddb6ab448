"""Addresses typed as words become links."""

import pytest

from app.outbox.linking import linked

CASES = {
    "an address ends before the full stop": ("See https://a.example/x.", 'See <a href="https://a.example/x">https://a.example/x</a>.'),
    "a bracket that was opened inside belongs to it": (
        "(https://a.example/x_(y))",
        '(<a href="https://a.example/x_(y)">https://a.example/x_(y)</a>)',
    ),
    "a link stays as it is": ('<a href="https://a.example">https://b.example</a>', '<a href="https://a.example">https://b.example</a>'),
    "an ampersand stays escaped": ("https://a.example/?x=1&amp;y=2", '<a href="https://a.example/?x=1&amp;y=2">https://a.example/?x=1&amp;y=2</a>'),
    "words without an address stay": ("<p>Guten Tag</p>", "<p>Guten Tag</p>"),
    "what is in angle brackets ends with them": ("&lt;https://a.example&gt;", '&lt;<a href="https://a.example">https://a.example</a>&gt;'),
}


@pytest.mark.parametrize(("typed", "sent"), CASES.values(), ids=CASES.keys())
def test_an_address_in_the_text_is_a_link(typed: str, sent: str) -> None:
    assert linked(typed) == sent


def test_linking_twice_changes_nothing_more() -> None:
    once = linked("Preise: https://brueckner.example/preise, gültig bis Mai")

    assert linked(once) == once
