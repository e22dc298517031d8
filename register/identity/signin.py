"""How django-allauth is bent to the register: password, then one-time code; the same answer for every failure.

Dangerous if loosened: an answer that differs by account tells who works here; a secret kept in clear
makes the second factor worthless to whoever holds a dump.
"""

import datetime
import time
from typing import Any, ClassVar

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from register.access.scope import Scope
from register.audit.acting import acting
from register.identity import factors, operations
from register.identity.models import Account
from register.identity.queries import actor_of

log = structlog.get_logger(__name__)

_NEEDLESS = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class StaffBackend(AuthenticationBackend):
    """Signs staff in by address and password; a closed account is answered as a wrong password is."""

    @classmethod
    def _stash_user(cls, user: AbstractBaseUser | None) -> AbstractBaseUser | None:
        return None


class StaffAccountAdapter(DefaultAccountAdapter):
    """The words of sign-in, no way to sign up, and when the password is asked again."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes and try again."),
        "incorrect_code": _("The code is not right or has run out. Wait for the next one, at most 30 seconds."),
        "incorrect_password": _("The password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by an administrator."""
        return False

    def clean_password(self, password: str, user: AbstractBaseUser | None = None) -> str:
        """Refuse the password that another chose as the new one too."""
        if isinstance(user, Account) and user.password_set_by_other and user.check_password(password):
            raise ValidationError(_("Choose another password than the one that you were given."))
        cleaned: str = super().clean_password(password, user)
        return cleaned

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Change the password by the operation, in a scope of its own: the commitment may not be given yet."""
        assert isinstance(user, Account)
        actor = actor_of(user)
        now = datetime.datetime.now(tz=datetime.UTC)  # allauth's page calls this, without a clock
        with acting(actor=actor, scope=Scope.staff(controllers=(), persons=True)):
            operations.change_password(account=user, password=password, actor=actor, at=now)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go on to the start page."""
        return reverse("staff-dashboard")

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """Ask again unless the person proved themselves in the last five minutes."""
        records = get_authentication_records(self.request, self.request.user)
        latest = max((record.get("at", 0) for record in records), default=0)
        return time.time() - latest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say nothing of what the page itself shows: that one signed in or out."""
        if message_template not in _NEEDLESS:
            super().add_message(request, level, message_template, *args, **kwargs)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log that somebody was refused; with which address is nobody's to read."""
        log.warning("sign_in_refused")
        super().authentication_failed(request, **credentials)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Open a session under a new key and note when, for its bounds."""
        super().login(request, user)
        log.info("staff_signed_in")
        request.session["signed_in_at"] = request.session["seen_at"] = time.time()


class StaffMFAAdapter(DefaultMFAAdapter):
    """Seals the secrets of second factors with the register's keys, each for its account."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is not right or has run out. Wait for the next one, at most 30 seconds."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret; allauth keeps it as text."""
        return factors.seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return factors.open_secret(encrypted_text)

    def validation_error(self, code: str, *args: Any) -> Any:
        """Log a code that was refused."""
        if code == "incorrect_code":
            log.warning("one_time_code_refused")
        return super().validation_error(code, *args)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """A second factor is replaced by an administrator, never dropped by its owner."""
        return False
