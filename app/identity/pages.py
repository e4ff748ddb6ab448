"""The pages of this room."""

from app.identity.door_pages import DoorPages
from app.identity.settings_pages import SettingsPages

PAGES = [DoorPages, SettingsPages]
