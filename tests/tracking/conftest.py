"""Many examples, and no clock: this machine is shared."""

from hypothesis import settings

settings.register_profile("tracking", deadline=None)
settings.load_profile("tracking")
