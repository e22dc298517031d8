"""What passed between the register and its customers: contacts, use of services, satisfaction, disclosures."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from register.access.policies import PERSONS, Access, both, of_controllers, of_customers, open_access, person_access
from register.datamap import items
from register.datamap.formats import EEA_COUNTRIES
from register.datamap.map import DataMap, no_person
from register.identity.models import Controller

from .people import Customer, Representative


class Contact(models.Model):
    """One contact with a customer: a call, visit, message or letter, and what it was about (clause R2)."""

    class Kind(models.TextChoices):
        CALL = "call", _("call")
        EMAIL = "email", _("email")
        LETTER = "letter", _("letter")
        VISIT = "visit", _("visit")
        NOTE = "note", _("note")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts", verbose_name=_("customer"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    topic = models.CharField(_("topic"), max_length=60, blank=True)
    text = models.TextField(_("note"), blank=True, help_text=_("The customer sees it. Do not write of others."))
    happened_at = models.DateTimeField(_("happened at"))
    handled_by = models.CharField(_("handled by"), max_length=80, blank=True)

    access = Access(staff=both(of_controllers(), PERSONS), portal=of_customers())
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={items.SERVICE_USE: ["kind", "topic", "text", "happened_at"]},
        technical=["id", "customer", "controller", "handled_by"],
        staff=["handled_by"],
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes: ClassVar = [models.Index(fields=["customer", "-happened_at"], name="contact_by_customer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ServiceUse(models.Model):
    """One use of a service: signing in, ordering outage messages, downloading one's consumption."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="service_uses", verbose_name=_("customer"))
    service = models.CharField(_("service"), max_length=60)
    event = models.CharField(_("event"), max_length=60)
    happened_at = models.DateTimeField(_("happened at"))

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={items.SERVICE_USE: ["service", "event", "happened_at"]},
        technical=["id", "customer"],
    )

    class Meta:
        verbose_name = _("use of a service")
        verbose_name_plural = _("use of services")

    def __str__(self) -> str:
        return f"{self.service} {self.pk}"


class SatisfactionResponse(models.Model):
    """A customer's answer on how satisfied they are."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="satisfaction", verbose_name=_("customer"))
    asked_about = models.CharField(_("asked about"), max_length=60)
    score = models.PositiveSmallIntegerField(_("score"), help_text=_("From 0 to 10."))
    comment = models.TextField(_("comment"), blank=True)
    answered_on = models.DateField(_("answered on"))

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={items.SATISFACTION: ["asked_about", "score", "comment", "answered_on"]},
        technical=["id", "customer"],
    )

    class Meta:
        verbose_name = _("satisfaction response")
        verbose_name_plural = _("satisfaction responses")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(score__lte=10), name="satisfaction_score_is_from_0_to_10")
        ]

    def __str__(self) -> str:
        return f"{self.score} {self.pk}"


class ConsentedDatum(models.Model):
    """A datum obtained with consent or authorisation, needed for a service the customer asked for."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consented_data", verbose_name=_("customer"))
    service = models.CharField(_("service asked for"), max_length=100)
    name = models.CharField(_("what"), max_length=100)
    value = models.TextField(_("value"))
    consented_on = models.DateField(_("consented on"))
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)

    access = person_access("customer_id")
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        fields={items.CONSENTED_DATA: ["service", "name", "value", "consented_on", "withdrawn_on"]},
        technical=["id", "customer"],
    )

    class Meta:
        verbose_name = _("datum given with consent")
        verbose_name_plural = _("data given with consent")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("consented_on")),
                name="consent_is_withdrawn_after_it_was_given",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.pk}"


class Recipient(models.Model):
    """Somebody to whom data may be disclosed, with contract, commitment and country (clauses D4, D5, X4)."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    role = models.CharField(_("role"), max_length=100, help_text=_("For example print house, authority, supplier."))
    country = models.CharField(_("country"), max_length=2, default="FI", help_text=_("Within the EEA."))
    contract_reference = models.CharField(_("contract"), max_length=60, blank=True)
    committed_on = models.DateField(_("committed to confidentiality on"), null=True, blank=True)

    access = open_access()
    data_map = no_person("recipients are organisations")

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(country__in=sorted(EEA_COUNTRIES)), name="recipient_is_within_the_eea")
        ]

    def __str__(self) -> str:
        return self.name


class Disclosure(models.Model):
    """One disclosure of a customer's data: to whom, on what ground, what and when (clauses D1 to D4)."""

    class Ground(models.TextChoices):
        ENERGY_MARKET = "energy-market", _("obligation of the energy market")
        AUTHORITY = "authority", _("statutory right of an authority")
        CUSTOMER = "customer", _("request of the customer")
        MANDATE = "mandate", _("request of a representative with a power of attorney")
        PROCESSOR = "processor", _("service provider of the controller")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disclosures", verbose_name=_("customer"))
    controller = models.ForeignKey(Controller, models.PROTECT, related_name="+", verbose_name=_("controller"))
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="+", verbose_name=_("recipient"))
    representative = models.ForeignKey(
        Representative, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("representative")
    )
    ground = models.CharField(_("ground"), max_length=20, choices=Ground.choices)
    statute = models.CharField(_("statute or contract"), max_length=100, blank=True)
    what = models.CharField(_("what was disclosed"), max_length=300)
    disclosed_at = models.DateTimeField(_("disclosed at"))

    access = Access(staff=both(of_controllers(), PERSONS), portal=of_customers())
    data_map = DataMap(
        subjects=["customer"],
        goes_with="customer",
        technical=[
            "id",
            "customer",
            "controller",
            "recipient",
            "representative",
            "ground",
            "statute",
            "what",
            "disclosed_at",
        ],
    )

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(ground="authority") | ~Q(statute=""), name="disclosure_to_an_authority_names_its_statute"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
