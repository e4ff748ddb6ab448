"""Recipients as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.outbox.addressing import check, parse, written


def addresses(text: str) -> list[str]:
    return [one["address"] for one in parse(text)]


def test_a_pasted_line_is_read_as_several_recipients() -> None:
    found = parse('anna@acme.example, "Weber, Henrik" <henrik@nord.example>; Tom Hartley <TOM@Hartley.Example>\nsabine@vogt.example')
    assert [one["address"] for one in found] == ["anna@acme.example", "henrik@nord.example", "tom@hartley.example", "sabine@vogt.example"]
    assert [one["name"] for one in found] == ["", "Weber, Henrik", "Tom Hartley", ""]


def test_the_same_address_twice_is_one_recipient() -> None:
    assert addresses("anna@acme.example, Anna <ANNA@acme.example>") == ["anna@acme.example"]


def test_a_domain_with_umlauts_is_written_as_mail_servers_know_it() -> None:
    assert addresses("info@müller.example") == ["info@xn--mller-kva.example"]


@pytest.mark.parametrize(
    "typed", ["anna", "anna@", "@acme.example", "anna@acme", "anna@@acme.example", "a..b@acme.example", "anna@acme.example.", "<>"]
)
def test_what_is_no_address_is_kept_as_typed_and_refused_by_name(typed: str) -> None:
    found = parse(f"{typed}, tom@hartley.example")
    assert found[0]["typed"] == typed
    assert found[1]["address"] == "tom@hartley.example"
    with pytest.raises(Refused) as refused:
        check(("cc", found))
    assert refused.value.field == "cc"
    assert typed in str(refused.value)


def test_a_mail_to_nobody_is_refused() -> None:
    with pytest.raises(Refused, match="nobody"):
        check(("to", []), ("cc", []))


@given(st.text(max_size=200))
def test_any_text_can_be_typed_and_written_back_without_change(text: str) -> None:
    once = parse(text)
    assert parse(written(once)) == once or any(one["typed"] for one in once)
    assert all(one["address"] or one["typed"] for one in once)
