"""The doctor says whether the providers can tell us of new mail, and whether they do."""

from datetime import timedelta

import pytest

from app import notices
from app.clock import now
from app.mailboxes.tables import Watch
from app.settings import settings
from tests import people


@pytest.fixture
def somewhere(monkeypatch: pytest.MonkeyPatch):
    """The real providers, and Nachfass at an address."""
    monkeypatch.setenv("GOOGLE_API_URL", "https://gmail.googleapis.com")
    monkeypatch.setenv("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com/v1.0")

    def at(base: str, **more: str) -> None:
        for name, value in {"NACHFASS_BASE_URL": base, **more}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    yield at
    monkeypatch.undo()
    settings.cache_clear()


async def test_a_private_address_is_polled_and_that_is_no_fault(somewhere) -> None:
    somewhere("http://localhost:8025")

    [found] = notices.examine_telling(settings())

    assert found.good is None
    assert "every 20 seconds" in found.said


async def test_a_public_address_without_a_topic_lacks_gmail_only(somewhere) -> None:
    somewhere("https://nachfass.brueckner.com")
    [without] = notices.examine_telling(settings())
    somewhere("https://nachfass.brueckner.com", GOOGLE_PUBSUB_TOPIC="projects/n/topics/gmail", GOOGLE_PUBSUB_SERVICE_ACCOUNT="push@n.example")
    [with_topic] = notices.examine_telling(settings())

    assert (without.good, with_topic.good) == (None, True)
    assert "GOOGLE_PUBSUB_TOPIC" in without.todo


async def test_promises_that_do_not_hold_are_counted_with_the_providers_word(database: None) -> None:
    miriam = await people.miriam()
    assert await notices.examine_promises() == []
    kept, failing = await people.mailbox(miriam), await people.mailbox(miriam, "outlook")
    await Watch(workspace=miriam.workspace.id, mailbox=kept.id, expires_at=now() + timedelta(days=1)).save()
    [well] = await notices.examine_promises()
    await Watch(workspace=miriam.workspace.id, mailbox=failing.id, failures=2, problem_code="ValidationError").save()
    [found] = await notices.examine_promises()

    assert (well.good, found.good) == (True, None)
    assert "1 of 2 mailboxes" in found.said
    assert "ValidationError" in found.said
