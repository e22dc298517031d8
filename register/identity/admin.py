"""The pages of accounts, roles, commitments and controllers: the administrator's own."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from register.access.scope import Actor
from register.identity import components, operations
from register.identity.models import Account, Commitment, Controller, RoleGrant
from register.identity.queries import COMMITMENT_VERSION
from register.identity.roles import Role
from register.identity.site import OperationForm, StaffAdmin, StaffInline


class AccountForm(OperationForm):
    """Makes an account; of one that is there only the name's owner changes anything."""

    refusals = (operations.UnableToCreateAccount,)
    password = forms.CharField(
        label=_("First password"),
        help_text=_("At least 15 characters. The person changes it and gets one-time codes at the first sign-in."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Account
        fields: ClassVar[list[str]] = ["email", "display_name", "language"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Make the account."""
        return operations.create_staff_account(
            email=self.cleaned_data["email"],
            display_name=self.cleaned_data["display_name"],
            language=self.cleaned_data["language"],
            password=self.cleaned_data["password"],
            actor=actor,
            at=at,
        )


class GrantInline(StaffInline):
    """The roles of an account, those that ended too."""

    model = RoleGrant
    fields = ("role", "controller", "granted_at", "ended_at")


class CommitmentInline(StaffInline):
    """The commitments of an account."""

    model = Commitment
    fields = ("text_version", "accepted_at")
    show_change_link = False


@admin.register(Account)
class AccountAdmin(StaffAdmin):
    """Accounts of staff."""

    form = AccountForm
    list_display = ("email", "display_name", "roles_in_force", "last_login", "state")
    column_classes: ClassVar[dict[str, str]] = {"state": "state"}
    list_filter = ("is_active", "language")
    search_fields = ("email", "display_name")
    search_help_text = _("Address or name")
    ordering = ("email",)
    inlines = (GrantInline, CommitmentInline)
    readonly_fields = ("is_active", "created_at", "last_login", "ended_on")

    def row_title(self, row: models.Model) -> str:
        """An account is called by its address."""
        return str(getattr(row, "email", row))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Account]:
        """Fetch what the list shows of roles and commitments at once."""
        return super().get_queryset(request).prefetch_related("grants__controller", "commitments")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for a first password of a new account only."""
        if obj is None:
            return [(None, {"fields": ["email", "display_name", "language", "password"]})]
        shown = ["email", "display_name", "language", "is_active", "created_at", "last_login", "ended_on"]
        return [(_("Account"), {"fields": shown})]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new account has neither roles nor commitments yet."""
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account is made, given roles and closed, not edited."""
        return False

    @admin.display(description=_("roles"))
    def roles_in_force(self, account: Account) -> str:
        """Name the roles that are in force."""
        names: dict[str, list[str]] = {}
        for grant in account.grants.all():
            if grant.ended_at is None:
                names.setdefault(grant.get_role_display(), []).append(grant.controller.short_name)
        return "; ".join(f"{role} ({', '.join(controllers)})" for role, controllers in names.items()) or "–"

    @admin.display(description=_("state"))
    def state(self, account: Account) -> SafeString:
        """Say whether the account may sign in and has committed itself."""
        if not account.is_active:
            return components.status("off", gettext("Closed"))
        if any(commitment.text_version == COMMITMENT_VERSION for commitment in account.commitments.all()):
            return components.status("ok", gettext("In use"))
        return components.status("warn", gettext("No commitment yet"))


class GrantForm(OperationForm):
    """Grants a role, or ends it."""

    refusals = (operations.UnableToGrantRole,)
    ends = forms.BooleanField(label=_("End this role now"), required=False)

    class Meta:
        model = RoleGrant
        fields: ClassVar[list[str]] = ["account", "role", "controller"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            del self.fields["ends"]
            self.fields["account"].label_from_instance = lambda account: account.email  # type: ignore[attr-defined]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Grant, or end what is in force, for a company for which the person may."""
        account, of_company = self.request.user, self.cleaned_data.get("controller") or self.stored.controller
        if not isinstance(account, Account) or of_company.pk not in account.controller_ids("identity.add_rolegrant"):
            raise operations.UnableToGrantRole(gettext("Your own role does not let you give roles for this company."))
        if self.stored.pk is not None:
            ends = self.cleaned_data["ends"]
            return operations.end_role(grant=self.stored, actor=actor, at=at) if ends else self.stored
        made = operations.grant_role(
            account=self.cleaned_data["account"],
            role=Role(self.cleaned_data["role"]),
            controllers=[self.cleaned_data["controller"]],
            actor=actor,
            at=at,
        )
        if not made:
            raise operations.UnableToGrantRole(gettext("The account has this role already."))
        return made[0]


@admin.register(RoleGrant)
class RoleGrantAdmin(StaffAdmin):
    """Roles by account and controller (clause X2)."""

    form = GrantForm
    list_display = ("account_name", "role", "controller_tag", "granted_at", "state")
    column_classes: ClassVar[dict[str, str]] = {"state": "state"}
    list_filter = ("role", "controller")
    list_select_related = ("account", "controller")
    search_fields = ("account__email", "account__display_name")
    autocomplete_fields = ("account",)
    ordering = ("account__email", "role")

    def row_title(self, row: models.Model) -> str:
        """A grant is called by its account and role."""
        return f"{row.account.email}, {row.get_role_display()}" if isinstance(row, RoleGrant) else str(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was granted stays as it was granted."""
        return () if obj is None else ("account_name", "role", "controller", "granted_at", "ended_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A grant in force can be ended."""
        if obj is None:
            return ["account", "role", "controller"]
        shown = ["account_name", "role", "controller", "granted_at", "ended_at"]
        return shown if obj.ended_at else [*shown, "ends"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A grant that has ended is for reading."""
        return super().has_change_permission(request, obj) and not (obj and obj.ended_at)

    @admin.display(description=_("account"), ordering="account__email")
    def account_name(self, grant: RoleGrant) -> str:
        """Name the account."""
        return grant.account.email

    @admin.display(description=_("controller"), ordering="controller")
    def controller_tag(self, grant: RoleGrant) -> SafeString:
        """Show the controller by its mark."""
        return components.controller_tag(grant.controller)

    @admin.display(description=_("state"), ordering="ended_at")
    def state(self, grant: RoleGrant) -> SafeString:
        """Say whether the grant is in force."""
        if grant.ended_at is None:
            return components.status("ok", gettext("In force"))
        return components.status("off", gettext("Ended"))


@admin.register(Controller)
class ControllerAdmin(StaffAdmin):
    """The two controllers (clause K1)."""

    list_display = ("name", "business_id", "postal_address", "email", "phone")
