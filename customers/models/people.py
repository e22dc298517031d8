"""Customers, and the representatives and contact persons who stand for them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import PERSONS, Access, of_customers, open_access, person_access
from register.crypto.fields import BlindIndexField, EncryptedTextField
from register.crypto.files import WrappedKeyField
from register.datamap import items, schedule
from register.datamap.map import RUNNING, Clock, DataMap, Keep, no_person
from register.datamap.vocabulary import P1, Basis
from register.work.models import Sourced


class PostalCode(models.Model):
    """A Finnish postal code with its post office, against which addresses are checked."""

    code = models.CharField(_("postal code"), max_length=5, primary_key=True)
    office_fi = models.CharField(_("post office in Finnish"), max_length=60)
    office_sv = models.CharField(_("post office in Swedish"), max_length=60)
    municipality = models.CharField(_("municipality"), max_length=60, blank=True)

    access = open_access()
    data_map = no_person("postal codes are public")

    class Meta:
        verbose_name = _("postal code")
        verbose_name_plural = _("postal codes")

    def __str__(self) -> str:
        return f"{self.code} {self.office_fi}"


class Customer(Sourced):
    """A person, company or estate that is or was a customer, or is about to become one.

    `relationship_ended_on` is the first day on which no contract is in effect; the operations that
    end and reopen contracts set it. A person without any contract has there the day after the last
    quotation, order or other contact.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        COMPANY = "company", _("company")
        ESTATE = "estate", _("estate of a deceased person")

    class Language(models.TextChoices):
        FINNISH = "fi", _("Finnish")
        SWEDISH = "sv", _("Swedish")
        ENGLISH = "en", _("English")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("customer number"), max_length=12, unique=True, help_text=_("Given by the register."))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PERSON)
    given_names = models.CharField(_("given names"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    organisation_name = models.CharField(
        _("name of the company or estate"), max_length=200, blank=True, help_text=_("Official name.")
    )
    birth_on = models.DateField(_("date of birth"), null=True, blank=True)
    identity_code = EncryptedTextField(_("personal identity code"), null=True, blank=True)
    identity_code_index = BlindIndexField(_("index of the identity code"), source="identity_code", null=True)
    business_id = models.CharField(_("business ID"), max_length=9, blank=True, help_text=_("For example 2064700-4."))
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text=_("In the form +358401234567."))
    other_phone = models.CharField(_("other phone"), max_length=20, blank=True)
    email = models.EmailField(_("email"), blank=True)
    street_address = models.CharField(_("street address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    post_office = models.CharField(_("post office"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FI", help_text=_("Two letters, ISO 3166."))
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.FINNISH)
    is_protected = models.BooleanField(
        _("non-disclosure for personal safety"),
        default=False,
        help_text=_("The address is shown only with a reason and is never disclosed."),
    )
    relationship_started_on = models.DateField(_("customer since"), null=True, blank=True)
    relationship_ended_on = models.DateField(
        _("relationship ended on"),
        null=True,
        blank=True,
        help_text=_("The first day with no contract in effect. Empty while a contract runs."),
    )

    access = person_access("id")
    data_map = DataMap(
        subjects=["pk"],
        keeps=[
            Keep(
                P1,
                Basis.CONTRACT,
                schedule.CONTRACT_10_YEARS,
                Clock("relationship_ended_on", RUNNING, exclusive=True),
            )
        ],
        fields={
            items.CUSTOMER_NUMBER: ["number"],
            items.NAME: ["given_names", "family_name", "organisation_name"],
            items.YEAR_OF_BIRTH: ["birth_on"],
            items.IDENTITY_CODE: ["identity_code", "identity_code_index"],
            items.PHONE: ["phone", "other_phone"],
            items.EMAIL: ["email"],
            items.ADDRESS: ["street_address", "postal_code", "post_office", "country"],
        },
        technical=[
            "id",
            "kind",
            "business_id",
            "language",
            "is_protected",
            "relationship_started_on",
            "relationship_ended_on",
            "source",
            "import_run",
        ],
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes: ClassVar = [
            models.Index(fields=["relationship_ended_on"], name="customer_by_end"),
            models.Index(fields=["business_id"], condition=~Q(business_id=""), name="customer_by_business_id"),
            models.Index(fields=["identity_code_index"], name="customer_by_identity_code"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(relationship_ended_on__isnull=True)
                | Q(relationship_started_on__isnull=True)
                | Q(relationship_ended_on__gte=F("relationship_started_on")),
                name="customer_relationship_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(kind="person") | ~Q(family_name=""), name="customer_person_has_a_family_name"
            ),
            models.CheckConstraint(
                condition=Q(kind="person") | ~Q(organisation_name=""), name="customer_company_or_estate_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(kind="company") | Q(business_id=""), name="customer_business_id_is_a_companys"
            ),
            models.CheckConstraint(
                condition=~Q(kind="company") | Q(identity_code__isnull=True),
                name="customer_company_has_no_identity_code",
            ),
            models.UniqueConstraint(
                fields=["identity_code_index"],
                condition=Q(identity_code_index__isnull=False) & Q(kind="person"),
                name="customer_identity_code_is_one_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def name(self) -> str:
        """The name by which one speaks of the customer: given names first."""
        return self.organisation_name or f"{self.given_names} {self.family_name}".strip()

    @property
    def sort_name(self) -> str:
        """The name as in a list: family name first."""
        return self.organisation_name or ", ".join(filter(None, (self.family_name, self.given_names)))


class Representative(Sourced):
    """A representative or contact person: someone who stands for customers.

    Goes with the last customer they stand for: `relationship_ended_on` is the latest of theirs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    given_names = models.CharField(_("given names"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100)
    identity_code = EncryptedTextField(_("personal identity code"), null=True, blank=True)
    identity_code_index = BlindIndexField(_("index of the identity code"), source="identity_code", null=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("email"), blank=True)
    relationship_ended_on = models.DateField(_("stands for nobody since"), null=True, blank=True)

    access = Access(
        staff=PERSONS,
        portal=f"id IN (SELECT m.representative_id FROM customers_mandate m WHERE {of_customers('m.customer_id')})",
    )
    data_map = DataMap(
        subjects=["mandates__customer"],
        keeps=[
            Keep(
                P1,
                Basis.INTEREST,
                schedule.CONTRACT_10_YEARS,
                Clock("relationship_ended_on", RUNNING, exclusive=True),
            )
        ],
        fields={
            items.REPRESENTATIVE: [
                "given_names",
                "family_name",
                "identity_code",
                "identity_code_index",
                "phone",
                "email",
            ]
        },
        technical=["id", "relationship_ended_on", "source", "import_run"],
    )

    class Meta:
        verbose_name = _("representative")
        verbose_name_plural = _("representatives")
        indexes: ClassVar = [
            models.Index(fields=["relationship_ended_on"], name="representative_by_end"),
            models.Index(fields=["identity_code_index"], name="representative_by_code"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def name(self) -> str:
        """Given names first."""
        return f"{self.given_names} {self.family_name}".strip()


class Mandate(models.Model):
    """In which role and when a representative stands for a customer."""

    class Role(models.TextChoices):
        CONTACT = "contact", _("contact person")
        ATTORNEY = "attorney", _("authorised by power of attorney")
        GUARDIAN = "guardian", _("guardian")
        ESTATE = "estate", _("co-owner of the estate")
        MANAGER = "manager", _("property manager")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="mandates", verbose_name=_("customer"))
    representative = models.ForeignKey(
        Representative, models.PROTECT, related_name="mandates", verbose_name=_("representative")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until"), null=True, blank=True, help_text=_("The first day no longer in force."))

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={items.REPRESENTATIVE: ["representative", "role", "started_on", "ended_on"]},
        technical=["id", "customer"],
    )

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gt=F("started_on")),
                name="mandate_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.role}"


class PowerOfAttorney(models.Model):
    """The document on which a mandate rests: its scope and the encrypted file (clause D3)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="powers_of_attorney", verbose_name=_("mandate"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    scope = models.CharField(_("what it covers"), max_length=300)
    covers_all = models.BooleanField(
        _("covers all matters"),
        default=False,
        help_text=_("Only then may the representative see the customer's pages online."),
    )
    signed_on = models.DateField(_("signed on"))
    stored_as = models.CharField(_("document"), max_length=80, blank=True)
    wrapped_key = WrappedKeyField(_("wrapped key"), null=True, blank=True)

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={items.REPRESENTATIVE: ["scope", "covers_all", "signed_on", "stored_as"]},
        technical=["id", "mandate", "customer", "wrapped_key"],
        files=["stored_as"],
    )

    class Meta:
        verbose_name = _("power of attorney")
        verbose_name_plural = _("powers of attorney")

    def __str__(self) -> str:
        return f"{self.mandate_id}"
