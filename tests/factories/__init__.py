"""A factory for every model with a data map: `FACTORIES[model](**values)` makes a row whole in every field.

A root's factory takes `last_day`: its clocks are set so that its periods run from that day.
Without it the row is running (an open contract, an unpaid invoice) or of this year. Rows of protected
tables are made within a scope, such as `acting_as_service("test")`.
"""

from typing import Any

from django.db import models

from . import audit, billing, customers, dsar, identity, recordings, retention, sites, work

_MODULES = (audit, billing, customers, dsar, identity, recordings, retention, sites, work)

FACTORIES: dict[type[models.Model], Any] = {
    factory._meta.model: factory
    for module in _MODULES
    for name, factory in vars(module).items()
    if name.endswith("Factory") and factory.__module__ == module.__name__
}
