"""Contracts with their holders, products and prices, and what a resident tells of the home."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from customers.models import Customer
from register.access.policies import (
    PERSONS,
    Access,
    both,
    controller_access,
    of_contracts,
    of_controllers,
    of_customers,
    read_by_all,
)
from register.datamap import items, schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep, no_person
from register.datamap.vocabulary import P1, Basis
from register.identity.models import Controller
from register.work.models import Sourced

from .places import Site, days

_BY_CONTRACT = Access(
    staff=both(
        f"contract_id IN (SELECT c.id FROM sites_contract c WHERE {of_controllers('c.controller_id')})", PERSONS
    ),
    portal=of_contracts(),
)
_OF_PRODUCT = f"product_id IN (SELECT p.id FROM sites_product p WHERE {of_controllers('p.controller_id')})"


class Line(models.TextChoices):
    """The lines of business: network and heat are the core; supply may be a third party's."""

    NETWORK = "network", _("electricity network")
    HEAT = "heat", _("district heat")
    SUPPLY = "supply", _("electricity supply")


class Product(models.Model):
    """A product of a controller, such as a network tariff."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    line = models.CharField(_("line of business"), max_length=10, choices=Line.choices)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))

    access = read_by_all(of_controllers())
    data_map = no_person("a price list is public")

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.name


class ProductPrice(models.Model):
    """The price of a product from a day to another, without value added tax."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="prices", verbose_name=_("product"))
    energy_c_kwh = models.DecimalField(_("energy, c/kWh"), max_digits=9, decimal_places=4)
    basic_eur_month = models.DecimalField(_("basic charge, €/month"), max_digits=9, decimal_places=2)
    power_eur_kw_month = models.DecimalField(_("power, €/kW a month"), max_digits=9, decimal_places=4, default=0)
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until"), null=True, blank=True, help_text=_("The first day no longer in force."))

    access = read_by_all(_OF_PRODUCT)
    data_map = no_person("a price list is public")

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_product_has_one_price_at_a_time",
                expressions=[(F("product"), RangeOperators.EQUAL), (days(), RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(energy_c_kwh__gte=0) & Q(basic_eur_month__gte=0) & Q(power_eur_kw_month__gte=0),
                name="price_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.started_on}"


class Contract(Sourced):
    """A contract of one line of business for one site, from its first day to the first day no longer in effect."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(
        _("contract identifier"), max_length=20, unique=True, help_text=_("Given by the register.")
    )
    reference = models.CharField(
        _("contract reference"), max_length=25, blank=True, help_text=_("National or RF reference.")
    )
    line = models.CharField(_("line of business"), max_length=10, choices=Line.choices)
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="contracts", verbose_name=_("site"))
    supplier_name = models.CharField(
        _("electricity supplier"), max_length=100, blank=True, help_text=_("A third party, on a network contract.")
    )
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    started_on = models.DateField(_("starts on"))
    ended_on = models.DateField(
        _("ended on"),
        null=True,
        blank=True,
        help_text=_("The first day no longer in effect. Empty: until further notice."),
    )
    is_cancelled = models.BooleanField(_("cancelled before it started"), default=False)

    access = controller_access(of_contracts("id"), by_code=True)
    data_map = DataMap(
        subjects=["holders__customer"],
        keeps=[Keep(P1, Basis.CONTRACT, schedule.CONTRACT_10_YEARS, Clock("ended_on", RUNNING, exclusive=True))],
        fields={
            items.CONTRACT_IDENTIFIER: ["number"],
            items.CONTRACT_REFERENCE: ["reference"],
            items.CONTRACT_DATES: ["signed_on", "started_on", "ended_on"],
            items.SITE_CONTRACT_DATES: ["started_on", "ended_on"],
            items.BILLING_CONTRACT_DATES: ["started_on", "ended_on"],
            items.METERING_POINT: ["site"],
        },
        technical=["id", "line", "controller", "supplier_name", "is_cancelled", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        indexes: ClassVar = [
            models.Index(fields=["ended_on"], name="contract_by_end"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="contract_by_reference"),
        ]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_site_has_one_contract_of_a_line_at_a_time",
                expressions=[
                    (F("site"), RangeOperators.EQUAL),
                    (F("line"), RangeOperators.EQUAL),
                    (days(), RangeOperators.OVERLAPS),
                ],
                condition=Q(is_cancelled=False),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gt=F("started_on")) | Q(is_cancelled=True),
                name="contract_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(is_cancelled=False) | Q(ended_on__isnull=False), name="contract_cancelled_has_an_end"
            ),
            models.CheckConstraint(
                condition=Q(line="network") | Q(supplier_name=""),
                name="contract_supplier_is_named_on_network_contracts",
            ),
            models.UniqueConstraint(fields=["id", "controller"], name="contract_and_its_controller"),
        ]

    def __str__(self) -> str:
        return self.number


class ContractHolder(models.Model):
    """A customer who holds a contract; holders are never added to a running contract."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="holders", verbose_name=_("contract"))
    controller = models.ForeignKey(
        Controller, models.PROTECT, related_name="+", verbose_name=_("controller"), help_text=_("The contract's.")
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="held", verbose_name=_("customer"))

    access = controller_access(of_customers(), by_code=True)
    data_map = DataMap(
        subjects=["customer"], goes_with="contract", technical=["id", "contract", "controller", "customer"]
    )

    class Meta:
        verbose_name = _("contract holder")
        verbose_name_plural = _("contract holders")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "customer"], name="a_customer_holds_a_contract_once")
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.customer_id}"


class ContractProduct(models.Model):
    """The product of a contract from a day to another, with the price agreed."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="products", verbose_name=_("contract"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    energy_c_kwh = models.DecimalField(_("energy, c/kWh"), max_digits=9, decimal_places=4)
    basic_eur_month = models.DecimalField(_("basic charge, €/month"), max_digits=9, decimal_places=2)
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until"), null=True, blank=True)

    access = _BY_CONTRACT
    data_map = DataMap(
        subjects=["contract__holders__customer"],
        goes_with="contract",
        fields={
            items.CUSTOMER_PRODUCT: ["product", "started_on", "ended_on"],
            items.PRODUCT_PRICE: ["energy_c_kwh", "basic_eur_month"],
        },
        technical=["id", "contract"],
    )

    class Meta:
        verbose_name = _("product of a contract")
        verbose_name_plural = _("products of contracts")
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_contract_has_one_product_at_a_time",
                expressions=[(F("contract"), RangeOperators.EQUAL), (days(), RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=Q(energy_c_kwh__gte=0) & Q(basic_eur_month__gte=0), name="agreed_price_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.product_id}"


class HomeDetails(models.Model):
    """What the holder of a contract tells of the home: it goes with the contract, not with the place."""

    class Housing(models.TextChoices):
        HOUSE = "house", _("detached house")
        TERRACED = "terraced", _("terraced house")
        FLAT = "flat", _("flat")
        COTTAGE = "cottage", _("summer house")
        FARM = "farm", _("farm")
        PREMISES = "premises", _("business premises")

    class Tenure(models.TextChoices):
        OWNER = "owner", _("owner")
        TENANT = "tenant", _("tenant")
        OTHER = "other", _("other")

    class Heating(models.TextChoices):
        DISTRICT = "district", _("district heat")
        ELECTRIC = "electric", _("direct electric")
        STORAGE = "storage", _("storing electric")
        HEAT_PUMP = "heat-pump", _("heat pump")
        WOOD = "wood", _("wood")
        OIL = "oil", _("oil")

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="home", verbose_name=_("contract"))
    housing = models.CharField(_("housing type"), max_length=10, choices=Housing.choices, blank=True)
    tenure = models.CharField(_("tenure"), max_length=10, choices=Tenure.choices, blank=True)
    heating = models.CharField(_("heating"), max_length=10, choices=Heating.choices, blank=True)
    technical_room_access = models.CharField(
        _("access to the technical room"), max_length=200, blank=True, help_text=_("For example: key at the manager's.")
    )
    timing_of_use = models.CharField(_("timing of use"), max_length=100, blank=True)
    estimate_kwh_year = models.PositiveIntegerField(_("consumption estimate, kWh a year"), null=True, blank=True)

    access = _BY_CONTRACT
    data_map = DataMap(
        subjects=["contract__holders__customer"],
        goes_with="contract",
        fields={
            items.HOUSING: ["housing", "tenure"],
            items.HEATING: ["heating"],
            items.TECHNICAL_ROOM_ACCESS: ["technical_room_access"],
            items.TIMING_OF_USE: ["timing_of_use"],
            items.CONSUMPTION_ESTIMATE: ["estimate_kwh_year"],
        },
        technical=["id", "contract"],
    )

    class Meta:
        verbose_name = _("details of the home")
        verbose_name_plural = _("details of homes")

    def __str__(self) -> str:
        return f"{self.contract_id}"


class DiaryEntry(models.Model):
    """What a customer saved of the site, an event or a task, such as a new heat pump."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="diary", verbose_name=_("contract"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    happened_on = models.DateField(_("day"))
    title = models.CharField(_("title"), max_length=100)
    text = models.TextField(_("text"), blank=True)

    access = Access(staff=_BY_CONTRACT.staff, portal=of_customers())
    data_map = DataMap(
        subjects=["customer"],
        goes_with="contract",
        fields={items.CUSTOMER_DIARY: ["happened_on", "title", "text"]},
        technical=["id", "contract", "customer"],
    )

    class Meta:
        verbose_name = _("diary entry")
        verbose_name_plural = _("diary entries")

    def __str__(self) -> str:
        return f"{self.contract_id} {self.pk}"


class DeliveredDevice(Sourced):
    """A device that the group delivered to the site of a contract, from its delivery to its removal."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="devices", verbose_name=_("contract"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    kind = models.CharField(_("kind"), max_length=60, help_text=_("For example heat exchanger, charging point."))
    model = models.CharField(_("model"), max_length=100, blank=True)
    serial_number = models.CharField(_("serial number"), max_length=60, blank=True)
    delivered_on = models.DateField(_("delivered on"))
    removed_on = models.DateField(_("removed on"), null=True, blank=True)

    access = controller_access(of_contracts())
    data_map = DataMap(
        subjects=["contract__holders__customer"],
        goes_with="contract",
        fields={items.DEVICE: ["kind", "model", "serial_number", "delivered_on", "removed_on"]},
        technical=["id", "contract", "controller", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("delivered device")
        verbose_name_plural = _("delivered devices")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(removed_on__isnull=True) | Q(removed_on__gte=F("delivered_on")),
                name="device_is_removed_after_it_is_delivered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
