"""Second factors: whose secret is sealed or opened, and which one-time code is good.

Dangerous if loosened: a secret is bound to its account, so that one moved to another row by whoever can write
to the database opens nothing. A code is good in its own half-minute and the one after it, and once.
"""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache

from register.crypto.sealing import RowId, UnableToOpen, open_sealed, seal

_TABLE, _COLUMN = "mfa_authenticator", "data"
_STEPS: Final = (0, -1)
_account: ContextVar[RowId | None] = ContextVar("account_of_a_second_factor", default=None)


@contextmanager
def factors_of(account_id: RowId) -> Iterator[None]:
    """Seal and open the secrets of this account; without it they are those of whoever is signed in."""
    token = _account.set(account_id)
    try:
        yield
    finally:
        _account.reset(token)


def seal_secret(text: str) -> str:
    """Seal a secret for its account; allauth keeps it as text."""
    return base64.b64encode(seal(_TABLE, _COLUMN, _owner(), text)).decode()


def open_secret(sealed: str) -> str:
    """Open a secret of the account.

    Raises: UnableToOpen, also for the secret of another account.
    """
    return open_sealed(_TABLE, _COLUMN, _owner(), base64.b64decode(sealed))


def accepts(factor: Authenticator, code: str, *, at: float) -> bool:
    """Tell whether the code is good at a moment (seconds since 1970), and spend it.

    A code of the half-minute before is taken too, for whoever types at its turn.
    """
    try:
        if factor.type != Authenticator.Type.TOTP:
            return bool(factor.wrap().validate_code(code))
        secret = open_secret(factor.data["secret"])
    except UnableToOpen:
        return False
    now = int(at) // app_settings.TOTP_PERIOD
    for step in (now + back for back in _STEPS):
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            key = f"second-factor-step:{factor.user_id}:{step}"
            return bool(cache.add(key, "used", timeout=app_settings.TOTP_PERIOD * (len(_STEPS) + 1)))
    return False


class _Code:
    """What both forms of the one-time code share: allauth's limit of attempts, our way to judge a code."""

    user: Any
    cleaned_data: dict[str, Any]
    authenticator: Authenticator
    _emit_authentication_failed: Any

    def clean_code(self) -> str:
        """Find the factor that takes the code; every refusal is answered alike."""
        clear_attempts = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        held = list(
            Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN).order_by("-type")
        )
        with factors_of(self.user.pk):
            for factor in held:
                if accepts(factor, code, at=time.time()):
                    factor.user = self.user
                    self.authenticator = factor
                    clear_attempts()
                    return code
        if held:
            self._emit_authentication_failed(held[0])
        raise get_adapter().validation_error("incorrect_code")


class CodeForm(_Code, AuthenticateForm):
    """Asks for a code at sign-in."""


class CodeAgainForm(_Code, ReauthenticateForm):
    """Asks for a code once more."""


def _owner() -> RowId:
    named = _account.get()
    if named is not None:
        return named
    request = context.request
    if request is None or not request.user.is_authenticated:
        raise UnableToOpen
    return request.user.pk
