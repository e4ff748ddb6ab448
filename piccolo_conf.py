"""Where Piccolo's own command looks: `piccolo migrations new nachfass --auto`."""

from piccolo.conf.apps import AppRegistry

from app.database import DB, point

point()

APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
