"""Places and their things, contracts and what hangs on them, and consumption."""

import datetime
from decimal import Decimal
from typing import Any

import factory
from django.db import connection

from sites.models import (
    ConsumptionCorrection,
    ConsumptionDay,
    Contract,
    ContractHolder,
    ContractProduct,
    DeliveredDevice,
    DiaryEntry,
    ElectricityConnection,
    HeatConnection,
    HomeDetails,
    Meter,
    Product,
    ProductPrice,
    QualityWord,
    Site,
)

from .clocks import TODAY, before, day_of, end_of, hours_of
from .customers import CustomerFactory
from .identity import ENERGY, NETWORK
from .numbers import gsrn, reference

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class SiteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Site

    gsrn = factory.Sequence(gsrn)
    commodity = "electricity"
    street_address = factory.Sequence(lambda number: f"Käyttökatu {number}")
    postal_code = "70100"
    post_office = "KUOPIO"
    address_key = factory.Sequence(lambda number: f"kayttokatu {number} 70100 kuopio")
    district = "Väinölänniemi"
    block = "12"
    plot = "3"
    distribution_system_operator = "Kuopion Sähköverkko Oy"
    archive_identifier = factory.Sequence(lambda number: f"A-{number}")


class ElectricityConnectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ElectricityConnection

    identifier = factory.Sequence(lambda number: f"L{100000 + number}")
    site = factory.SubFactory(SiteFactory)
    controller_id = NETWORK
    main_fuse_a = 25
    connection_size_a = 63
    connection_point = "jakokaappi 7"
    service_line_length_m = 42
    started_on = datetime.date(1999, 5, 1)


class HeatConnectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = HeatConnection

    identifier = factory.Sequence(lambda number: f"K{100000 + number}")
    site = factory.SubFactory(SiteFactory, commodity="heat")
    controller_id = ENERGY
    contracted_power_kw = Decimal("12.50")
    water_flow_m3_h = Decimal("0.300")
    building_volume_m3 = 450
    started_on = datetime.date(1999, 5, 1)


class MeterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Meter

    number = factory.Sequence(lambda number: f"M{number}")
    site = factory.SubFactory(SiteFactory)
    controller_id = NETWORK
    method = "PT15M"
    front_fuse_a = 35
    latitude = Decimal("62.892400")
    longitude = Decimal("27.677000")
    installed_on = datetime.date(2015, 5, 1)


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    code = factory.Sequence(lambda number: f"T{number}")
    name = factory.Sequence(lambda number: f"Yleissiirto {number}")
    line = "network"
    controller_id = NETWORK


class ProductPriceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductPrice

    product = factory.SubFactory(ProductFactory)
    energy_c_kwh = Decimal("4.1200")
    basic_eur_month = Decimal("12.50")
    started_on = datetime.date(2020, 1, 1)


class ContractFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contract

    class Params:
        last_day = None

    number = factory.Sequence(lambda number: f"S{200000 + number}")
    reference = factory.Sequence(reference)
    line = "network"
    controller_id = NETWORK
    site = factory.SubFactory(SiteFactory)
    supplier_name = "Toisen Sähkö Oy"
    signed_on = factory.LazyAttribute(lambda row: before(row, 1010))
    started_on = factory.LazyAttribute(lambda row: before(row, 1000))
    ended_on = factory.LazyAttribute(end_of)


class ContractHolderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ContractHolder

    contract = factory.SubFactory(ContractFactory)
    controller_id = factory.SelfAttribute("contract.controller_id")
    customer = factory.SubFactory(CustomerFactory)


class ContractProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ContractProduct

    contract = factory.SubFactory(ContractFactory)
    product = factory.SubFactory(ProductFactory)
    energy_c_kwh = Decimal("4.1200")
    basic_eur_month = Decimal("12.50")
    started_on = factory.SelfAttribute("contract.started_on")


class HomeDetailsFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = HomeDetails

    contract = factory.SubFactory(ContractFactory)
    housing = "house"
    tenure = "owner"
    heating = "heat-pump"
    technical_room_access = factory.Sequence(lambda number: f"avain isännöitsijällä {number}")
    timing_of_use = "yöllä"
    estimate_kwh_year = 15000


class DiaryEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DiaryEntry

    contract = factory.SubFactory(ContractFactory)
    customer = factory.SubFactory(CustomerFactory)
    happened_on = TODAY
    title = factory.Sequence(lambda number: f"uusi lämpöpumppu {number}")
    text = factory.Sequence(lambda number: f"asennettu takapihalle {number}")


class DeliveredDeviceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DeliveredDevice

    contract = factory.SubFactory(ContractFactory)
    controller_id = factory.SelfAttribute("contract.controller_id")
    kind = "lämmönsiirrin"
    model = "LS-20"
    serial_number = factory.Sequence(lambda number: f"SN{number}")
    delivered_on = factory.SelfAttribute("contract.started_on")


class QualityWordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = QualityWord
        django_get_or_create = ("word",)

    word = "OK"


class ConsumptionDayFactory(factory.django.DjangoModelFactory):
    """A day of hourly readings; the month's partition is made if it is not there."""

    class Meta:
        model = ConsumptionDay

    class Params:
        last_day = None

    site = factory.SubFactory(SiteFactory)
    series = 1
    resolution_min = 60
    day = factory.LazyAttribute(day_of)
    controller_id = NETWORK
    wh = factory.LazyAttribute(lambda row: [1234] * hours_of(row.day))
    quality = factory.LazyFunction(lambda: [1])

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> ConsumptionDay:
        with connection.cursor() as cursor:
            cursor.execute("SELECT add_consumption_month(%s)", [kwargs["day"]])
        row = model_class(*args, **kwargs)
        row.save(force_insert=True)
        return row


class ConsumptionCorrectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ConsumptionCorrection

    class Params:
        last_day = None

    site = factory.SubFactory(SiteFactory)
    series = 1
    resolution_min = 60
    day = factory.LazyAttribute(day_of)
    controller_id = NETWORK
    wh = factory.LazyFunction(lambda: [1200] * 24)
    quality = factory.LazyFunction(lambda: [2])
    replaced_at = MOMENT
