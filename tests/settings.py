"""The settings of the tests: the register's own, as a log-in that may become app, owner and purge.

The tests have servers of their own below .local/test, beside those of `make run`; each test
process has a database of its own there and a numbered part of the broker.
"""

import os

from embedded.places import places
from register.languages import compile_catalogues

os.environ["REGISTER_ROLE"] = "test"
os.environ.setdefault("REGISTER_STATE", ".local/test")
_number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["REGISTER_BROKER_URL"] = f"{places().broker_url}?virtual_host={_number}"

from register.settings import *

compile_catalogues()  # before Django reads them, also on the first run after one changed

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
REGISTER_STRICT_SCOPE = True
# Attempts are counted for each test process by itself.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
