"""The pages of this room."""

from app.identity.door_pages import DoorPages
from app.identity.settings_pages import SettingsPages
from app.identity.wall_pages import WallPages

PAGES = [DoorPages, SettingsPages, WallPages]
