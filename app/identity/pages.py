"""The pages of this room."""

from app.identity.door_pages import DoorPages
from app.identity.settings_pages import SettingsPages
from app.identity.working_pages import PAGES as WORKING_PAGES

PAGES = [DoorPages, SettingsPages, *WORKING_PAGES]
