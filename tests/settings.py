"""The settings of the tests: the register's own, as a log-in that may become app, owner and purge."""

import os

os.environ["REGISTER_ROLE"] = "test"

from register.settings import *
