"""The rival of `tests.bench.rival`: pytracking's own Django view, and one ORM insert a hit. It runs in an environment of its own."""

import os
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

at = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="rival" * 10,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": at.path.strip("/"),
            "USER": at.username or "postgres",
            "PASSWORD": at.password or "",
            "HOST": parse_qs(at.query).get("host", [at.hostname])[0],
            "PORT": str(at.port or ""),
            "CONN_MAX_AGE": None,
        }
    },
    PYTRACKING_CONFIGURATION={
        "base_open_tracking_url": os.environ["RIVAL_URL"] + "/open/",
        "encryption_bytestring_key": os.environ["RIVAL_KEY"].encode(),
        "append_slash": True,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import re_path  # noqa: E402
from pytracking import get_open_tracking_url  # noqa: E402
from pytracking.django import OpenTrackingView, get_configuration_from_settings  # noqa: E402


class RivalHit(models.Model):
    """What pytracking tells of a hit."""

    at = models.DateTimeField(auto_now_add=True)
    message = models.CharField(max_length=64, db_index=True)
    user_agent = models.CharField(max_length=512)
    ip = models.CharField(max_length=64)

    class Meta:
        app_label = "rival"
        db_table = "rival_hit"


class Opened(OpenTrackingView):
    """Stored before it is answered, like ours."""

    def notify_tracking_event(self, tracking_result):
        request = tracking_result.request_data or {}
        RivalHit.objects.create(
            message=tracking_result.metadata["message"], user_agent=request.get("user_agent") or "", ip=request.get("user_ip") or ""
        )

    def notify_decoding_error(self, exception, request):
        raise exception

    def get_configuration(self):
        return get_configuration_from_settings()


urlpatterns = [re_path(r"^open/(?P<path>[\w=-]+)/?$", Opened.as_view())]
application = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(RivalHit)
    print(get_open_tracking_url({"message": "01a215bb-0e4a-74ce-8a4c-7de406985361"}, configuration=get_configuration_from_settings()))
