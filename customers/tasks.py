"""Work of the customers' app: the letters with the portal's one-time codes."""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from customers.operations import send_sign_in_code
from register.audit.acting import acting_as_service
from register.identity.operations import SEND_CODE
from register.work.handlers import delivers


@delivers(SEND_CODE)
def send_code(payload: Mapping[str, Any], at: datetime.datetime) -> None:
    """Send a code to whoever asked for it; for an address that nobody has, nothing goes out."""
    with acting_as_service("portal-sign-in"):
        send_sign_in_code(code_id=UUID(str(payload["code"])), at=at)
