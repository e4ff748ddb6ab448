"""As in the feed's tests."""

from tests.feed.conftest import browser, gmail, house, miriam

__all__ = ["browser", "gmail", "house", "miriam"]
