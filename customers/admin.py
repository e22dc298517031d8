"""The tables of customers on the admin site: lists for reading, forms that are operations."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import operations
from customers.models import (
    ConsentedDatum,
    Contact,
    Customer,
    Disclosure,
    Mandate,
    MarketingPermission,
    PostalCode,
    PowerOfAttorney,
    Prospect,
    Recipient,
    Representative,
    SatisfactionResponse,
    ServiceUse,
    Suppression,
)
from customers.queries import closed_columns
from customers.staff.powers import PowerOfAttorneyAdmin, PowerOfAttorneyInline
from register.access.scope import Actor
from register.identity.components import status
from register.identity.lists import DateRangeFilter
from register.identity.rows import InForce, OnlyAdded, RowAdmin, RowForm, RowInline, customer_url

STATE: dict[str, str] = {"state": "state"}


class CustomerForm(RowForm):
    """Registers or changes a customer."""

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = [
            "kind", "given_names", "family_name", "organisation_name", "business_id", "birth_on", "identity_code",
            "language", "phone", "other_phone", "email", "street_address", "postal_code", "post_office", "country",
            "is_protected",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Register or change."""
        if self.key is None:
            return operations.register_customer(actor=actor, at=at, **self.values())
        return operations.change_customer(customer_id=self.key, actor=actor, at=at, **self.values())


class MandateInline(RowInline):
    """Who stands for the customer."""

    model = Mandate
    fields = ("representative_name", "role", "started_on", "ended_on")
    readonly_fields = ("representative_name",)

    @admin.display(description=_("representative"))
    def representative_name(self, row: Mandate) -> str:
        """Name the representative."""
        return row.representative.name


@admin.register(Customer)
class CustomerAdmin(RowAdmin):
    """Persons, companies and estates; a row opens the customer's page."""

    form = CustomerForm
    list_display = ("number", "name_link", "kind", "place", "since", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("kind", "language", "is_protected", ("relationship_ended_on", admin.EmptyFieldListFilter))
    search_fields = ("number",)
    search_help_text = _("Customer number; names by the search above")
    ordering = ("number",)
    inlines = (MandateInline,)
    list_intro = _("Names, phones and addresses are found by the search above.")

    def row_title(self, row: models.Model) -> str:
        """A customer is called by name and number."""
        return f"{row.name}, {row.number}" if isinstance(row, Customer) else str(row)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Group the columns; a protected address stays closed here and opens on the customer's page."""
        address = ["street_address", "postal_code", "post_office", "country"]
        hidden = obj is not None and bool(self.closed_columns(obj))
        who = ["kind", "given_names", "family_name", "organisation_name", "business_id", "birth_on", "identity_code"]
        return [
            (_("Who"), {"fields": [*who, "language"]}),
            (_("How to reach"), {"fields": ["phone", "other_phone", "email", *([] if hidden else address)]}),
            (
                _("Protection"),
                {
                    "fields": ["is_protected"],
                    "description": gettext("The address is closed here. Open it with a reason on the customer's page.")
                    if hidden
                    else "",
                },
            ),
        ]

    def closed_columns(self, row: models.Model) -> frozenset[str]:
        """A protected address is closed, the former ones too."""
        return closed_columns(row) if isinstance(row, Customer) else frozenset()

    @admin.display(description=_("name"), ordering="family_name")
    def name_link(self, row: Customer) -> SafeString:
        """Lead to the customer's page."""
        return format_html('<a href="{}">{}</a>', customer_url(row.pk), row.sort_name)

    @admin.display(description=_("address"))
    def place(self, row: Customer) -> str | SafeString:
        """Show the address, unless it is protected."""
        if row.is_protected:
            return status("bad", gettext("Protected"), "shield-lock")
        return ", ".join(filter(None, (row.street_address, f"{row.postal_code} {row.post_office}".strip())))

    @admin.display(description=_("since"), ordering="relationship_started_on")
    def since(self, row: Customer) -> Any:
        """Show since when they are a customer."""
        return row.relationship_started_on

    @admin.display(description=_("state"), ordering="relationship_ended_on")
    def state(self, row: Customer) -> SafeString:
        """Say whether a contract runs."""
        if row.relationship_ended_on is None:
            return status("ok", gettext("Customer"))
        return status("off", gettext("Former") if row.relationship_started_on else gettext("No contract yet"))


class RepresentativeForm(RowForm):
    """Registers or changes a representative."""

    class Meta:
        model = Representative
        fields: ClassVar[list[str]] = ["given_names", "family_name", "identity_code", "phone", "email"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Register or change."""
        if self.key is None:
            return operations.add_representative(actor=actor, at=at, **self.values())
        return operations.change_representative(representative_id=self.key, actor=actor, at=at, **self.values())


class StandsForInline(RowInline):
    """For whom a representative stands."""

    model = Mandate
    fields = ("customer_number", "role", "started_on", "ended_on")
    readonly_fields = ("customer_number",)

    @admin.display(description=_("customer"))
    def customer_number(self, row: Mandate) -> SafeString:
        """Lead to the customer's page."""
        return format_html('<a class="code" href="{}">{}</a>', customer_url(row.customer_id), row.customer.number)


@admin.register(Representative)
class RepresentativeAdmin(RowAdmin):
    """Representatives and contact persons (item C07)."""

    form = RepresentativeForm
    list_display = ("full_name", "phone", "email", "relationship_ended_on")
    ordering = ("family_name", "given_names")
    inlines = (StandsForInline,)

    def row_title(self, row: models.Model) -> str:
        """A representative is called by name."""
        return row.name if isinstance(row, Representative) else str(row)

    @admin.display(description=_("name"), ordering="family_name")
    def full_name(self, row: Representative) -> str:
        """Family name first."""
        return ", ".join(filter(None, (row.family_name, row.given_names)))


class MandateForm(RowForm):
    """Gives a mandate, or sets when it ends."""

    class Meta:
        model = Mandate
        fields: ClassVar[list[str]] = ["customer", "representative", "role", "started_on", "ended_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Give or end."""
        given = self.cleaned_data
        if self.key is not None:
            return operations.end_mandate(mandate_id=self.key, ended_on=given["ended_on"], actor=actor, at=at)
        return operations.add_mandate(
            customer_id=given["customer"].pk,
            representative_id=given["representative"].pk,
            role=given["role"],
            started_on=given["started_on"],
            ended_on=given["ended_on"],
            actor=actor,
            at=at,
        )


@admin.register(Mandate)
class MandateAdmin(InForce, RowAdmin):
    """In which role and when a representative stands for a customer."""

    form = MandateForm
    list_display = ("customer_link", "representative_name", "role", "started_on", "ended_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("role", ("ended_on", admin.EmptyFieldListFilter))
    list_select_related = ("customer", "representative")
    raw_id_fields = ("customer", "representative")
    inlines = (PowerOfAttorneyInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was given stays as it was given; its end can be set."""
        return () if obj is None else ("customer", "representative", "role", "started_on")

    @admin.display(description=_("representative"), ordering="representative__family_name")
    def representative_name(self, row: Mandate) -> str:
        """Name the representative."""
        return row.representative.name


admin.site.register(PowerOfAttorney, PowerOfAttorneyAdmin)


@admin.register(MarketingPermission)
class MarketingPermissionAdmin(RowAdmin):
    """Permissions and prohibitions with their history; they are set on the customer's page."""

    list_display = ("customer_link", "channel", "purpose", "ground", "told_by", "given_at", "ended_at", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("channel", "purpose", "is_allowed", "ground", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("customer",)
    ordering = ("-given_at",)

    @admin.display(description=_("state"), ordering="is_allowed")
    def state(self, row: MarketingPermission) -> SafeString:
        """Say whether it is allowed."""
        if row.ended_at is not None:
            return status("off", gettext("Ended"))
        return status("ok", gettext("Allowed")) if row.is_allowed else status("bad", gettext("Prohibited"), "ban")


@admin.register(Contact)
class ContactAdmin(RowAdmin):
    """Contacts with customers; they are recorded on the customer's page."""

    list_display = ("happened_at", "customer_link", "kind", "topic", "handled_by", "controller_mark")
    list_filter = ("kind", "controller", ("happened_at", DateRangeFilter))
    list_select_related = ("customer", "controller")
    ordering = ("-happened_at",)


@admin.register(ServiceUse)
class ServiceUseAdmin(RowAdmin):
    """Uses of services (item O03)."""

    list_display = ("happened_at", "customer_link", "service", "event")
    list_filter = ("service",)
    list_select_related = ("customer",)
    ordering = ("-happened_at",)


class SatisfactionForm(RowForm):
    """Records an answer on satisfaction."""

    class Meta:
        model = SatisfactionResponse
        fields: ClassVar[list[str]] = ["customer", "asked_about", "score", "comment", "answered_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Record it."""
        customer_id = self.cleaned_data["customer"].pk
        return operations.record_satisfaction(customer_id=customer_id, actor=actor, at=at, **self.values("customer"))


@admin.register(SatisfactionResponse)
class SatisfactionAdmin(OnlyAdded):
    """Answers on satisfaction (item O05)."""

    form = SatisfactionForm
    list_display = ("answered_on", "customer_link", "asked_about", "score")
    list_filter = ("score",)
    list_select_related = ("customer",)
    raw_id_fields = ("customer",)
    ordering = ("-answered_on",)


class ConsentForm(RowForm):
    """Records a datum given with consent, or that the consent was withdrawn."""

    class Meta:
        model = ConsentedDatum
        fields: ClassVar[list[str]] = ["customer", "service", "name", "value", "consented_on", "withdrawn_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Record or withdraw."""
        if self.key is not None:
            day = self.cleaned_data["withdrawn_on"]
            return operations.withdraw_consent(datum_id=self.key, withdrawn_on=day, actor=actor, at=at)
        customer_id = self.cleaned_data["customer"].pk
        return operations.record_consented_datum(
            customer_id=customer_id, actor=actor, at=at, **self.values("customer", "withdrawn_on")
        )


@admin.register(ConsentedDatum)
class ConsentedDatumAdmin(InForce, RowAdmin):
    """Data given with consent (item O06)."""

    end_column = "withdrawn_on"
    form = ConsentForm
    list_display = ("customer_link", "service", "name", "consented_on", "withdrawn_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("service",)
    list_select_related = ("customer",)
    raw_id_fields = ("customer",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was given stays; it can be withdrawn."""
        return () if obj is None else ("customer", "service", "name", "value", "consented_on")


class RecipientForm(RowForm):
    """Enters or changes a recipient."""

    class Meta:
        model = Recipient
        fields: ClassVar[list[str]] = ["name", "role", "country", "contract_reference", "committed_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter or change."""
        return operations.save_recipient(recipient_id=self.key, actor=actor, at=at, **self.values())


@admin.register(Recipient)
class RecipientAdmin(RowAdmin):
    """Recipients to whom data may go (clauses D4, D5, X4)."""

    form = RecipientForm
    list_display = ("name", "role", "country", "contract_reference", "committed_on")
    list_filter = ("country",)
    search_fields = ("name",)
    ordering = ("name",)


class DisclosureForm(RowForm):
    """Records a disclosure, or refuses it."""

    matter = forms.CharField(
        label=_("Matter"), required=False, help_text=_("What the power of attorney must cover, such as invoices.")
    )

    class Meta:
        model = Disclosure
        fields: ClassVar[list[str]] = [
            "customer", "controller", "recipient", "ground", "statute", "what", "representative",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Record it."""
        given = self.cleaned_data
        return operations.record_disclosure(
            customer_id=given["customer"].pk,
            controller_id=given["controller"].pk,
            recipient_id=given["recipient"].pk,
            ground=given["ground"],
            what=given["what"],
            statute=given["statute"],
            representative_id=given["representative"].pk if given["representative"] else None,
            matter=given["matter"],
            actor=actor,
            at=at,
        )


@admin.register(Disclosure)
class DisclosureAdmin(OnlyAdded):
    """Disclosures with their ground (clauses D1 to D4)."""

    form = DisclosureForm
    list_display = ("disclosed_at", "customer_link", "recipient", "ground", "what", "controller_mark")
    list_filter = ("ground", "controller", "recipient")
    list_select_related = ("customer", "recipient", "controller")
    raw_id_fields = ("customer", "representative")
    ordering = ("-disclosed_at",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The matter is asked, not kept."""
        return [*DisclosureForm.Meta.fields, *(["matter"] if obj is None else ["disclosed_at"])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The moment is that of the recording."""
        return () if obj is None else ("disclosed_at",)


class ProspectForm(RowForm):
    """Takes somebody into the direct-marketing register, or corrects the row."""

    class Meta:
        model = Prospect
        fields: ClassVar[list[str]] = [
            "name", "birth_year", "phone", "email", "street_address", "postal_code", "post_office", "interest",
            "processed_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Take in or correct."""
        values = self.values("processed_on")
        if self.key is not None:
            return operations.change_prospect(prospect_id=self.key, actor=actor, at=at, **values)
        day = self.cleaned_data["processed_on"]
        return operations.register_prospect(processed_on=day, actor=actor, at=at, **values)


@admin.register(Prospect)
class ProspectAdmin(RowAdmin):
    """The direct-marketing register, a year from the day of collection (clause T2)."""

    form = ProspectForm
    list_display = ("name", "phone", "email", "post_office", "interest", "processed_on")
    list_filter = ("interest",)
    date_hierarchy = "processed_on"
    ordering = ("-processed_on", "name")
    list_intro = _("Each row goes a year after its day of collection. Being selected does not renew it.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The day of collection is never renewed."""
        return () if obj is None else ("processed_on",)

    def row_title(self, row: models.Model) -> str:
        """A prospect is called by name."""
        return row.name if isinstance(row, Prospect) else str(row)


@admin.register(Suppression)
class SuppressionAdmin(RowAdmin):
    """Objections to marketing, kept as digests: nobody can be read from them (clause G3)."""

    list_display = ("objected_on", "channel", "withdrawn_on")
    list_filter = ("channel",)
    fields = ("channel", "objected_on", "withdrawn_on")
    ordering = ("-objected_on",)


@admin.register(PostalCode)
class PostalCodeAdmin(RowAdmin):
    """Finnish postal codes."""

    list_display = ("code", "office_fi", "office_sv", "municipality")
    search_fields = ("code",)
    ordering = ("code",)
