"""The tables of contracts on the admin site, with what belongs to them."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from register.access.scope import Actor
from register.identity.components import status
from register.identity.lists import DateRangeFilter
from register.identity.rows import InForce, OnlyAdded, RowAdmin, RowForm, RowInline, customer_url
from register.identity.site import RowKey
from register.identity.templatetags.look import row_title
from sites import operations
from sites.models import (
    Contract,
    ContractHolder,
    ContractProduct,
    DeliveredDevice,
    DiaryEntry,
    HomeDetails,
    Product,
    Site,
)
from sites.queries import is_protected_place, state_of

from .closing import STATE, AtSite, today

_PLACE_OF_HOLDER = ContractHolder._meta.get_field("customer").remote_field


class ContractForm(RowForm):
    """Concludes a contract; of one that runs changes what may be changed, ends it or takes its end back."""

    holder = forms.ModelChoiceField(
        label=_("holder"), queryset=Customer.objects.all(), widget=RowKey(_PLACE_OF_HOLDER, admin.site)
    )
    second_holder = forms.ModelChoiceField(
        label=_("second holder"),
        queryset=Customer.objects.all(),
        required=False,
        widget=RowKey(_PLACE_OF_HOLDER, admin.site),
    )
    product = forms.ModelChoiceField(label=_("product"), queryset=Product.objects.all(), required=False)
    ended_on = forms.DateField(
        label=_("ended on"),
        required=False,
        widget=AdminDateWidget,
        help_text=_("The first day no longer in effect. Empty: until further notice."),
    )

    class Meta:
        model = Contract
        fields: ClassVar[list[str]] = [
            "line", "site", "started_on", "ended_on", "signed_on", "reference", "supplier_name",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("holder", "second_holder", "product") if self.key else ("ended_on",):
            self.fields.pop(name, None)

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Conclude, or change and end."""
        given = self.cleaned_data
        if self.key is None:
            return operations.conclude_contract(
                site_id=given["site"].pk,
                line=given["line"],
                holders=[customer.pk for customer in (given["holder"], given["second_holder"]) if customer],
                product_id=given["product"].pk if given["product"] else None,
                actor=actor,
                at=at,
                **self.values("site", "line", "holder", "second_holder", "product"),
            )
        contract = operations.change_contract(contract_id=self.key, actor=actor, at=at, **self.values("ended_on"))
        ended_on = given.get("ended_on")
        if ended_on == contract.ended_on:
            return contract
        if ended_on is None:
            return operations.reopen_contract(contract_id=self.key, actor=actor, at=at)
        return operations.end_contract(contract_id=self.key, ended_on=ended_on, actor=actor, at=at)


class HolderInline(RowInline):
    """Who holds the contract."""

    model = ContractHolder
    fields = ("customer_number",)
    readonly_fields = ("customer_number",)
    show_change_link = False

    @admin.display(description=_("customer"))
    def customer_number(self, row: ContractHolder) -> SafeString:
        """Lead to the customer's page."""
        return format_html('<a class="code" href="{}">{}</a>', customer_url(row.customer_id), row.customer.number)


class AgreedInline(RowInline):
    """The products of the contract."""

    model = ContractProduct
    fields = ("product", "energy_c_kwh", "basic_eur_month", "started_on", "ended_on")


class DeviceInline(RowInline):
    """Devices delivered to the site of the contract."""

    model = DeliveredDevice
    fields = ("kind", "model", "serial_number", "delivered_on", "removed_on")


class DiaryInline(RowInline):
    """What the holders saved of the site."""

    model = DiaryEntry
    fields = ("happened_on", "title", "text")


@admin.register(Contract)
class ContractAdmin(AtSite, RowAdmin):
    """Contracts with holders, products, devices and diary."""

    form = ContractForm
    list_display = ("number", "line", "place", "controller_mark", "started_on", "ended_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = (
        "line", "controller", ("started_on", DateRangeFilter), ("ended_on", DateRangeFilter), "is_cancelled",
    )  # fmt: skip
    list_select_related = ("controller",)
    search_fields = ("number", "reference")
    search_help_text = _("Contract identifier or reference")
    raw_id_fields = ("site",)
    ordering = ("number",)
    inlines = (HolderInline, AgreedInline, DeviceInline, DiaryInline)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Contract]:
        """Mark the contracts of a person with non-disclosure: their sites have no address here, ended or not."""
        guarded = ContractHolder.objects.filter(contract=models.OuterRef("pk"), customer__is_protected=True)
        return super().get_queryset(request).annotate(is_guarded=models.Exists(guarded))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Close the address of the site with the contract."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            _guard(row)
        return row

    @admin.display(description=_("site"), ordering="site__gsrn")
    def place(self, row: Contract) -> str:
        """Call the site by its metering point, and by its address unless that is closed."""
        return row_title(_guard(row))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose contract it is of which site stays; what follows from it can be set."""
        return () if obj is None else ("number", "line", "site", "controller", "started_on", "is_cancelled")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for holders and product of a new contract."""
        new = ["line", "site", "holder", "second_holder", "product", "started_on", "signed_on"]
        held = ["number", "line", "site", "controller", "started_on", "ended_on", "is_cancelled", "signed_on"]
        return [*(new if obj is None else held), "reference", "supplier_name"]

    @admin.display(description=_("state"), ordering="ended_on")
    def state(self, row: Contract) -> SafeString:
        """Say how the contract stands today."""
        words = {
            "running": ("ok", gettext("In force")),
            "ending": ("info", gettext("Ending")),
            "coming": ("info", gettext("Coming")),
            "ended": ("off", gettext("Ended")),
            "cancelled": ("off", gettext("Cancelled")),
        }
        return status(*words[state_of(row, today())])


def _guard(contract: Contract) -> Site:
    """Mark the site of a contract closed where one of its holders is protected, and return it."""
    site = contract.site
    setattr(site, "is_protected", is_protected_place(site, today()) or getattr(contract, "is_guarded"))  # noqa: B010, B009
    return site


class AgreedForm(RowForm):
    """Gives a contract another product from a day on."""

    class Meta:
        model = ContractProduct
        fields: ClassVar[list[str]] = ["contract", "product", "started_on", "energy_c_kwh", "basic_eur_month"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("energy_c_kwh", "basic_eur_month"):
            if name in self.fields:
                self.fields[name].required = False
                self.fields[name].help_text = _("Empty: the price list's on that day.")

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Change the product."""
        given = self.cleaned_data
        return operations.change_product(
            contract_id=given["contract"].pk,
            product_id=given["product"].pk,
            actor=actor,
            at=at,
            **self.values("contract", "product"),
        )


@admin.register(ContractProduct)
class ContractProductAdmin(InForce, OnlyAdded):
    """Products of contracts with the price agreed."""

    form = AgreedForm
    list_display = ("contract", "product", "energy_c_kwh", "basic_eur_month", "started_on", "ended_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("product", ("ended_on", admin.EmptyFieldListFilter))
    list_select_related = ("contract", "product")
    raw_id_fields = ("contract",)
    ordering = ("-started_on",)


class HomeForm(RowForm):
    """Keeps what a resident tells of the home."""

    class Meta:
        model = HomeDetails
        fields: ClassVar[list[str]] = [
            "contract", "housing", "tenure", "heating", "technical_room_access", "timing_of_use", "estimate_kwh_year",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Keep it."""
        contract = self.stored.contract_id if self.key else self.cleaned_data["contract"].pk
        return operations.describe_home(contract_id=contract, actor=actor, at=at, **self.values("contract"))


@admin.register(HomeDetails)
class HomeDetailsAdmin(RowAdmin):
    """What residents told of their homes; it belongs to the contract."""

    form = HomeForm
    list_display = ("contract", "housing", "tenure", "heating", "estimate_kwh_year")
    list_filter = ("housing", "tenure", "heating")
    list_select_related = ("contract",)
    raw_id_fields = ("contract",)
    ordering = ("contract",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The contract stays."""
        return () if obj is None else ("contract",)


@admin.register(DiaryEntry)
class DiaryEntryAdmin(RowAdmin):
    """What customers saved of their sites (item O02)."""

    list_display = ("happened_on", "customer_link", "contract", "title")
    list_select_related = ("customer", "contract")
    date_hierarchy = "happened_on"
    ordering = ("-happened_on",)


class DeviceForm(RowForm):
    """Records a delivered device."""

    class Meta:
        model = DeliveredDevice
        fields: ClassVar[list[str]] = ["contract", "kind", "model", "serial_number", "delivered_on", "removed_on"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Record or correct."""
        return operations.deliver_device(device_id=self.key, actor=actor, at=at, **self.values())


@admin.register(DeliveredDevice)
class DeliveredDeviceAdmin(InForce, RowAdmin):
    """Devices that the group delivered (item S10)."""

    end_column = "removed_on"
    form = DeviceForm
    list_display = ("kind", "model", "serial_number", "contract", "delivered_on", "removed_on", "state")
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("kind", ("removed_on", admin.EmptyFieldListFilter))
    list_select_related = ("contract",)
    search_fields = ("serial_number",)
    raw_id_fields = ("contract",)
    ordering = ("-delivered_on",)
