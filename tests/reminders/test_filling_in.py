"""Follow-up texts: what is unknown never shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.reminders.filling_in import PLACES, checked, filled, first_name
from app.reminders.keeping_texts import offered

ANNA = {"first name": "Anna", "name": "Anna Weber", "company": "Alpenblick", "subject": "Offer 2026", "days": "3", "my name": "Miriam Kessler"}
NOBODY: dict[str, str] = {}


def test_every_place_is_filled_in_english_and_in_german() -> None:
    assert filled("{first name} {name} {company} {subject} {days} {my name}", ANNA) == "Anna Anna Weber Alpenblick Offer 2026 3 Miriam Kessler"
    assert filled("{Vorname} {Firma} {Betreff} {Tage} {mein Name}", ANNA) == "Anna Alpenblick Offer 2026 3 Miriam Kessler"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Hi {first name},", "Hi,"),
        ("Hello {first name}!", "Hello!"),
        ("Dear {first name},", "Hello,"),
        ("Dear Mr {name},", "Hello,"),
        ("Sehr geehrte Frau {name},", "Guten Tag,"),
        ("Hi {first name|there},", "Hi there,"),
        ("{first name},", ""),
    ],
)
def test_a_greeting_goes_without_a_name_nobody_knows(written: str, sent: str) -> None:
    assert filled(written + "\n\nhow are you?", NOBODY).partition("\n\n")[0].removesuffix("how are you?").strip(",") == sent.strip(",")


def test_a_sentence_around_an_unknown_place_is_left_out() -> None:
    text = "Hi Anna,\n\nHow is {company}? I wrote to you {days} days ago. Bye.\n\nAbout “{subject}”.\n\nMiriam"

    assert filled(text, {"days": "4"}) == "Hi Anna,\n\nI wrote to you 4 days ago. Bye.\n\nMiriam"


def test_one_day_is_said_as_one() -> None:
    assert filled("I wrote {days} days ago.", {"days": "1"}) == "I wrote 1 day ago."
    assert filled("Ich schrieb vor {Tage} Tagen.", {"days": "1"}) == "Ich schrieb vor einem Tag."
    assert filled("I wrote {days} days ago.", {"days": "21"}) == "I wrote 21 days ago."


def test_what_is_filled_in_is_not_read_for_places_again() -> None:
    assert filled("About {subject}.", {"subject": "{name}", "name": "Anna"}) == "About {name}."


@pytest.mark.parametrize("text", ["Hi {frist name},", "Hi {},", "Hi {__class__},", "Hi {name", "Hi name},", "Hi {{name}}", "", "  \n "])
def test_what_can_not_be_filled_in_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(text)
    assert refused.value.field == "text"


def test_ours_can_all_be_kept() -> None:
    assert len(offered()) == 6
    for one in offered():
        assert checked(one.text) == one.text
        assert "{" not in filled(one.text, NOBODY)


PIECES = [*(f"{{{place}}}" for place in PLACES), "{company|you}", "Hi ", "Dear ", ", ", ". ", "\n", "word ", "“", "”"]


@given(
    st.lists(st.sampled_from(PIECES), max_size=25),
    st.sets(st.sampled_from(PLACES)),
)
def test_no_brace_and_no_greeting_of_nobody_ever_goes_out(parts: list[str], unknown: set[str]) -> None:
    sent = filled("".join(parts), {place: value for place, value in ANNA.items() if place not in unknown})

    assert "{" not in sent
    assert "}" not in sent
    assert "{" not in filled("Hi {first name},\n" + "".join(parts), NOBODY)
    assert filled("Hi {first name},\n" + "".join(parts), NOBODY).startswith("Hi,")


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Anna Weber", "Anna"), ("Dr. Anna Weber", "Anna"), ("Weber, Anna", "Anna"), ("anna@alpenblick.example", ""), ("", ""), ("Prof. Dr.", ""),
        ("A. Weber", ""), ("Jean-Luc Picard", "Jean-Luc"), ("Herr Weber", "Weber"),
    ],
)  # fmt: skip
def test_the_first_name_is_what_one_calls_them(name: str, called: str) -> None:
    assert first_name(name) == called
