"""Customers, those who stand for them, what they told, and the direct-marketing register."""

import datetime

import factory
from uuid_utils.compat import uuid7

from customers.models import (
    ConsentedDatum,
    Contact,
    Customer,
    Disclosure,
    Mandate,
    MarketingPermission,
    Pin,
    PostalCode,
    PowerOfAttorney,
    Prospect,
    Recipient,
    Representative,
    RunningCall,
    SatisfactionResponse,
    SearchToken,
    SearchWord,
    ServiceUse,
    Suppression,
)

from .clocks import TODAY, before, day_of, end_of
from .identity import ENERGY, NETWORK
from .numbers import business_id, file_name, identity_code

MOMENT = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


class PostalCodeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PostalCode
        django_get_or_create = ("code",)

    code = "70100"
    office_fi = "KUOPIO"
    office_sv = "KUOPIO"
    municipality = "Kuopio"


class CustomerFactory(factory.django.DjangoModelFactory):
    """A person; `kind="company"` and `kind="estate"` make the others."""

    class Meta:
        model = Customer

    class Params:
        last_day = None

    number = factory.Sequence(lambda number: f"{700000 + number}")
    kind = "person"
    given_names = factory.Maybe("_is_person", factory.Sequence(lambda number: f"Aino Etu{number}"), "")
    family_name = factory.Maybe("_is_person", factory.Sequence(lambda number: f"Sukunimi{number}"), "")
    organisation_name = factory.Maybe("_is_person", "", factory.Sequence(lambda number: f"Yhtiö {number} Oy"))
    birth_on = factory.Maybe("_is_person", datetime.date(1970, 5, 5), None)
    identity_code = factory.Maybe("_is_person", factory.Sequence(identity_code), None)
    business_id = factory.Maybe("_is_company", factory.Sequence(business_id), "")
    phone = factory.Sequence(lambda number: f"+35840{5000000 + number}")
    other_phone = factory.Sequence(lambda number: f"+35850{5000000 + number}")
    email = factory.Sequence(lambda number: f"asiakas{number}@example.org")
    street_address = factory.Sequence(lambda number: f"Kotikatu {number}")
    postal_code = "70100"
    post_office = "KUOPIO"
    relationship_started_on = factory.LazyAttribute(lambda row: before(row, 1000))
    relationship_ended_on = factory.LazyAttribute(end_of)

    _is_person = factory.LazyAttribute(lambda row: row.kind == "person")
    _is_company = factory.LazyAttribute(lambda row: row.kind == "company")

    @classmethod
    def _adjust_kwargs(cls, **kwargs: object) -> dict[str, object]:
        return {name: value for name, value in kwargs.items() if not name.startswith("_")}


class RepresentativeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Representative

    class Params:
        last_day = None

    given_names = factory.Sequence(lambda number: f"Edu Staja{number}")
    family_name = factory.Sequence(lambda number: f"Valtuutettu{number}")
    identity_code = factory.Sequence(lambda number: identity_code(number + 1_000_000))
    phone = factory.Sequence(lambda number: f"+35841{5000000 + number}")
    email = factory.Sequence(lambda number: f"edustaja{number}@example.org")
    relationship_ended_on = factory.LazyAttribute(end_of)


class MandateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Mandate

    customer = factory.SubFactory(CustomerFactory)
    representative = factory.SubFactory(RepresentativeFactory)
    role = "attorney"
    started_on = datetime.date(2020, 1, 1)


class PowerOfAttorneyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PowerOfAttorney

    mandate = factory.SubFactory(MandateFactory)
    customer = factory.SelfAttribute("mandate.customer")
    scope = factory.Sequence(lambda number: f"kaikki sopimusasiat {number}")
    covers_all = True
    signed_on = datetime.date(2020, 1, 1)
    stored_as = factory.Sequence(lambda number: file_name(number + 2**66))
    wrapped_key = b"wrapped"


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    customer = factory.SubFactory(CustomerFactory)
    controller_id = ENERGY
    kind = "call"
    topic = "lasku"
    text = factory.Sequence(lambda number: f"Soitti laskustaan {number}")
    happened_at = MOMENT
    handled_by = "staff:test"


class ServiceUseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ServiceUse

    customer = factory.SubFactory(CustomerFactory)
    service = "häiriöviesti"
    event = factory.Sequence(lambda number: f"tilasi häiriöviestin {number}")
    happened_at = MOMENT


class SatisfactionResponseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SatisfactionResponse

    customer = factory.SubFactory(CustomerFactory)
    asked_about = "muutto"
    score = 9
    comment = factory.Sequence(lambda number: f"Nopea vastaus {number}")
    answered_on = TODAY


class ConsentedDatumFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ConsentedDatum

    customer = factory.SubFactory(CustomerFactory)
    service = "lämpöpumpun mitoitus"
    name = "huoneiden lämpötila"
    value = factory.Sequence(lambda number: f"21,{number} astetta")
    consented_on = TODAY


class RecipientFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Recipient

    name = factory.Sequence(lambda number: f"Painotalo {number} Oy")
    role = "painotalo"
    contract_reference = "S-1"
    committed_on = TODAY


class DisclosureFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Disclosure

    customer = factory.SubFactory(CustomerFactory)
    controller_id = NETWORK
    recipient = factory.SubFactory(RecipientFactory)
    representative = factory.SubFactory(RepresentativeFactory)
    ground = "mandate"
    statute = ""
    what = factory.Sequence(lambda number: f"kulutustiedot {number}")
    disclosed_at = MOMENT


class MarketingPermissionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MarketingPermission

    customer = factory.SubFactory(CustomerFactory)
    channel = "email"
    purpose = "advertising"
    is_allowed = False
    told_by = factory.Sequence(lambda number: f"asiakaspalvelu {number}")
    given_at = MOMENT


class SuppressionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Suppression

    class Params:
        last_day = None

    channel = "email"
    digest = factory.Sequence(lambda number: number.to_bytes(17, "big"))
    objected_on = factory.LazyAttribute(lambda row: before(row, 100))
    withdrawn_on = factory.LazyAttribute(lambda row: row.last_day)


class ProspectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Prospect

    class Params:
        last_day = None

    name = factory.Sequence(lambda number: f"Mahdollinen Asiakas{number}")
    birth_year = 1980
    phone = factory.Sequence(lambda number: f"+35844{5000000 + number}")
    email = factory.Sequence(lambda number: f"mahdollinen{number}@example.org")
    street_address = factory.Sequence(lambda number: f"Torikatu {number}")
    postal_code = "70100"
    post_office = "KUOPIO"
    interest = "aurinkosähkö"
    processed_on = factory.LazyAttribute(day_of)


class SearchTokenFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SearchToken

    customer = factory.SubFactory(CustomerFactory)
    kind = "name"
    token = factory.Sequence(lambda number: f"sukunimi{number}")


class RunningCallFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RunningCall

    account_id = factory.LazyFunction(uuid7)
    customer = factory.SubFactory(CustomerFactory)
    reason = "invoice"
    started_at = MOMENT


class PinFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pin

    account_id = factory.LazyFunction(uuid7)
    customer = factory.SubFactory(CustomerFactory)
    pinned_at = MOMENT


class SearchWordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SearchWord
        django_get_or_create = ("word",)

    word = factory.Sequence(lambda number: f"sukunimi{number}")
