"""Accounts of staff, the roles granted to them by controller, their commitments, and the two controllers.

Accounts are gate tables: they are read before a scope can exist. So are the portal's sessions and codes.
"""

from typing import ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import APPEND, READ, REPLACE, Access, open_access
from register.datamap import schedule
from register.datamap.map import RUNNING, Clock, Keep, gate, no_person
from register.datamap.vocabulary import P1, Basis
from register.identity.roles import Role, permits, permits_module


class Controller(models.Model):
    """A controller of the register: its identity is data (clause K1)."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=30)
    business_id = models.CharField(_("business ID"), max_length=9, unique=True)
    postal_address = models.CharField(_("postal address"), max_length=200)
    visiting_address = models.CharField(_("visiting address"), max_length=200)
    email = models.EmailField(_("email"))
    phone = models.CharField(_("phone"), max_length=20)
    web_address = models.CharField(_("web address"), max_length=100)

    access = Access(app=READ, purge=READ, protected=False)
    data_map = no_person("the controllers are companies whose identity is public")

    class Meta:
        verbose_name = _("controller")
        verbose_name_plural = _("controllers")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by their log-in name."""


class Account(AbstractBaseUser):
    """An account of a member of staff; its rights are its role grants."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email"), unique=True, help_text=_("The name with which one signs in."))
    display_name = models.CharField(_("name"), max_length=100)
    language = models.CharField(
        _("language"), max_length=2, choices=[("fi", _("Finnish")), ("en", _("English"))], default="fi"
    )
    password_set_by_other = models.BooleanField(
        _("password set by another"), default=False, help_text=_("The person must change it before anything else.")
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(_("made at"))
    ended_on = models.DateField(_("work ended on"), null=True, blank=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    access = open_access()
    data_map = gate(
        "the account is read to sign in, before a scope can exist",
        keeps=[
            Keep(P1, Basis.CONTRACT, schedule.ACCOUNT_1_YEAR, Clock("ended_on", RUNNING, exclusive=True)),
        ],
        technical=[
            "id",
            "password",
            "last_login",
            "email",
            "display_name",
            "language",
            "password_set_by_other",
            "is_active",
            "created_at",
            "ended_on",
        ],
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_staff(self) -> bool:
        """Every account of this table is staff's; customers have their own."""
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        """Nobody is above the roles."""
        return False

    def roles(self) -> frozenset[Role]:
        """Give the roles that are in force, for whichever controller: what shows and what is of the group."""
        return frozenset(Role(grant.role) for grant in self.grants_in_force())

    def grants_in_force(self) -> list["RoleGrant"]:
        """Give the grants in force, read once for each instance (that is, for each request)."""
        if not hasattr(self, "_grants"):
            self._grants = list(self.grants.filter(ended_at__isnull=True).select_related("controller"))
        return self._grants

    def controller_ids(self, *permissions: str) -> tuple[int, ...]:
        """Give the controllers at which roles of the account permit all of these together.

        A role counts at the controller for which it is granted and nowhere else. Without a permission these are
        the controllers at which the account has every one of its roles: whatever it may do, it may do there.
        """
        held: dict[int, set[Role]] = {}
        for grant in self.grants_in_force():
            held.setdefault(grant.controller_id, set()).add(Role(grant.role))
        found = (
            controller
            for controller, roles in held.items()
            if (roles == self.roles() if not permissions else all(permits(frozenset(roles), p) for p in permissions))
        )
        return tuple(sorted(found))

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Tell whether a role in force permits `app_label.action_model`, for whichever controller.

        Whose rows it permits is the scope of the page (`controller_ids`).
        """
        return self.is_active and permits(self.roles(), perm)

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        """Tell whether all of these are permitted."""
        return all(self.has_perm(perm) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether anything of the app is permitted."""
        return self.is_active and permits_module(self.roles(), app_label)


class RoleGrant(models.Model):
    """A role given to an account for one controller, from a moment until it is taken back (clause X2)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="grants", verbose_name=_("account"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    granted_at = models.DateTimeField(_("granted at"))
    granted_by = models.CharField(_("granted by"), max_length=60)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    access = open_access()
    data_map = gate(
        "roles are read to make the scope",
        goes_with="account",
        technical=["id", "account", "role", "controller", "granted_at", "granted_by", "ended_at"],
    )

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "role", "controller"],
                condition=models.Q(ended_at__isnull=True),
                name="a_role_is_granted_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role} {self.controller_id}"


class Commitment(models.Model):
    """A commitment to confidentiality, without which nobody sees customer data (clause X4)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="commitments", verbose_name=_("account"))
    text_version = models.CharField(_("version of the text"), max_length=20)
    accepted_at = models.DateTimeField(_("accepted at"))

    access = open_access(app=APPEND)
    data_map = gate(
        "the commitment is read before a scope is given",
        goes_with="account",
        technical=["id", "account", "text_version", "accepted_at"],
    )

    class Meta:
        verbose_name = _("commitment to confidentiality")
        verbose_name_plural = _("commitments to confidentiality")

    def __str__(self) -> str:
        return f"{self.account_id} {self.text_version}"


class SignInCode(models.Model):
    """A one-time code asked for on the portal, bound to the browser that asked; kept as a keyed digest only.

    A row is written for every address, known or not: for an unknown one `customers` is empty and no code goes out.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    browser_digest = models.BinaryField(_("digest of the browser's token"), unique=True)
    code_digest = models.BinaryField(_("digest of the code"), null=True, blank=True)
    customers = ArrayField(models.UUIDField(), verbose_name=_("customers"), default=list)
    language = models.CharField(_("language"), max_length=2)
    attempt_count = models.PositiveSmallIntegerField(_("attempts"), default=0)
    asked_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("expires at"))

    access = open_access(app=REPLACE)
    data_map = gate(
        "a code is checked before a scope can exist",
        keeps=[Keep(P1, Basis.CONTRACT, schedule.SESSION_14_DAYS, Clock("asked_at"))],
        technical=[
            "id",
            "browser_digest",
            "code_digest",
            "customers",
            "language",
            "attempt_count",
            "asked_at",
            "expires_at",
        ],
    )

    class Meta:
        verbose_name = _("sign-in code")
        verbose_name_plural = _("sign-in codes")
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="sign_in_code_by_end")]

    def __str__(self) -> str:
        return str(self.id)


class PortalSession(models.Model):
    """A session of the portal, apart from those of staff: whose data it may show, and how well the person is known.

    `acting_for` is the one customer shown; empty after a code, which shows all customers of the address.
    """

    class Means(models.TextChoices):
        CODE = "code", _("one-time code by e-mail")
        DEMONSTRATION = "demonstration", _("demonstration bank")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token_digest = models.BinaryField(_("digest of the token"), unique=True)
    means = models.CharField(_("signed in by"), max_length=15, choices=Means.choices)
    person_id = models.UUIDField(_("person"), help_text=_("The customer or representative who signed in."))
    customers = ArrayField(models.UUIDField(), verbose_name=_("customers"))
    acting_for = models.UUIDField(_("acting for"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=2)
    signed_in_at = models.DateTimeField(_("signed in at"))
    seen_at = models.DateTimeField(_("seen at"))

    access = open_access(app=REPLACE)
    data_map = gate(
        "a session is read to make the scope",
        keeps=[Keep(P1, Basis.CONTRACT, schedule.SESSION_14_DAYS, Clock("signed_in_at"))],
        technical=[
            "id",
            "token_digest",
            "means",
            "person_id",
            "customers",
            "acting_for",
            "language",
            "signed_in_at",
            "seen_at",
        ],
    )

    class Meta:
        verbose_name = _("session of the portal")
        verbose_name_plural = _("sessions of the portal")
        indexes: ClassVar = [models.Index(fields=["person_id"], name="portal_session_by_person")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_identified(self) -> bool:
        """Whether the person proved who they are, and not only that a mailbox is theirs."""
        return self.means != self.Means.CODE

    @property
    def shown(self) -> tuple[UUID, ...]:
        """The customers whose data the pages show now."""
        return (self.acting_for,) if self.acting_for else tuple(self.customers)
