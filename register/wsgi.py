"""The web process."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection

from register.settings.production import Process, refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "register.settings")
application = get_wsgi_application()
try:
    refuse_unsafe_start(Process.WEB)
except SystemExit as refusal:
    # The server takes an exit for a passing failure and would try for ever; this ends it.
    raise ImproperlyConfigured(refusal.code) from None
finally:
    # The server may fork from here on, and no connection outlives that.
    connection.close()
