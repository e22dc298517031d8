"""Prohibitions of marketing that come in as lists: from prohibition registers, agents and customers.

Each address becomes a standing objection, whoever it belongs to, so that no later import or campaign
reaches it (clause G3); customers who have it are prohibited at once (items C14 and O04).
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, MarketingPermission, Suppression
from customers.models.marketing import Channel
from customers.operations.marketing import set_marketing_permission, suppression_digest
from register.datamap import formats
from register.work.faults import Fault
from register.work.importing import (
    Batch,
    ImportContext,
    ImportField,
    ImportKind,
    Outcome,
    Typed,
    clean_date,
    declare,
    one_of,
    text_of,
    with_leading_zeros,
)

_CHANNELS = {
    "puhelin": "phone",
    "phone": "phone",
    "tekstiviesti": "sms",
    "sms": "sms",
    "sähköposti": "email",
    "email": "email",
    "posti": "post",
    "post": "post",
}
_OBJECTED = (
    MarketingPermission.Purpose.ADVERTISING,
    MarketingPermission.Purpose.DISTANCE_SELLING,
    MarketingPermission.Purpose.RESEARCH,
)
_POST = ("name", "street_address", "postal_code")


_FIELDS: tuple[ImportField, ...] = (
    ImportField("customer_number", gettext_lazy("customer number"), text_of(12), False, ("asiakasnumero",), "C08"),
    ImportField("phone", gettext_lazy("phone"), formats.clean_phone, False, ("puhelin", "puhelinnumero"), "C04"),
    ImportField("email", gettext_lazy("email"), formats.clean_email, False, ("sähköposti",), "C05"),
    ImportField("name", gettext_lazy("name"), text_of(200), False, ("nimi",), "C01"),
    ImportField("street_address", gettext_lazy("street address"), text_of(200), False, ("katuosoite", "osoite"), "C06"),
    ImportField("postal_code", gettext_lazy("postal code"), text_of(10), False, ("postinumero",), "C06"),
    ImportField("channel", gettext_lazy("channel"), one_of(_CHANNELS), False, ("kanava",), "C14"),
    ImportField("told_by", gettext_lazy("told through"), text_of(60), False, ("lähde", "rekisteri"), "O04"),
    ImportField("objected_on", gettext_lazy("objected on"), clean_date, False, ("kieltopäivä", "päivä"), "O04"),
)


def check_row(row: Typed) -> Iterator[tuple[str, str, str]]:
    """Give what is missing to know whom or what address a row is about."""
    has_post = all(name in row for name in _POST)
    if not ({"customer_number", "phone", "email"} & row.keys() or has_post):
        why = _("Give a customer number, a phone, an email, or name, street and postal code.")
        yield "customer_number", "nobody", why
    elif row.get("channel") in ("phone", "sms") and not {"phone", "customer_number"} & row.keys():
        yield "phone", "missing", _("A prohibition of this channel needs a phone or a customer number.")
    elif row.get("channel") == "email" and not {"email", "customer_number"} & row.keys():
        yield "email", "missing", _("A prohibition of this channel needs an email or a customer number.")


def write_prohibitions(batch: Batch, context: ImportContext) -> Outcome:
    """Keep each address as an objection, and prohibit the customers who have it."""
    faults = list(_unknown_customers(batch))
    refused = {fault.row_number for fault in faults}
    rows = [row for number, row in zip(batch.numbers, batch.rows, strict=True) if number not in refused]
    before = Suppression.objects.count()
    Suppression.objects.bulk_create(
        [
            Suppression(
                channel=channel,
                digest=suppression_digest(channel, address),
                objected_on=row.get("objected_on", localdate(context.at)),
            )
            for row in rows
            for channel, address in _addresses(row)
        ],
        ignore_conflicts=True,
    )
    added = Suppression.objects.count() - before
    prohibited = sum(_prohibit(row, key, context) for row, keys in _owners(rows) for key in keys)
    return Outcome({"objections": added, "prohibited": prohibited}, faults)


def _prohibit(row: Typed, customer_id: UUID, context: ImportContext) -> int:
    standing = set(
        MarketingPermission.objects.filter(
            customer_id=customer_id, ground="statute", is_allowed=False, ended_at__isnull=True
        ).values_list("channel", "purpose")
    )
    wanted = {(channel, purpose) for channel in _channels(row) for purpose in _OBJECTED} - standing
    for channel, purpose in sorted(wanted):
        set_marketing_permission(
            customer_id=customer_id,
            channel=channel,
            purpose=purpose,
            is_allowed=False,
            told_by=row.get("told_by", _("prohibition list")),
            ground=MarketingPermission.Ground.STATUTE,
            actor=context.actor,
            at=context.at,
        )
    return bool(wanted)


def _channels(row: Typed) -> Sequence[str]:
    if "channel" in row:
        return (row["channel"],)
    found = [channel for channel, _address in _addresses(row)]
    return found or list(Channel.values)


def _addresses(row: Typed) -> Iterator[tuple[str, str]]:
    wanted = row.get("channel")
    for channel in (Channel.PHONE, Channel.SMS):
        if "phone" in row and wanted in (None, channel):
            yield channel, row["phone"]
    if "email" in row and wanted in (None, Channel.EMAIL):
        yield Channel.EMAIL, row["email"]
    if all(name in row for name in _POST) and wanted in (None, Channel.POST):
        yield Channel.POST, " ".join(row[name] for name in _POST)


def _owners(rows: Sequence[Typed]) -> Iterator[tuple[Typed, list[UUID]]]:
    """Give for each row the customers who have its number or one of its addresses."""
    phones, emails = ([row[name] for row in rows if name in row] for name in ("phone", "email"))
    numbers = [row["customer_number"] for row in rows if "customer_number" in row]
    codes = [row["postal_code"] for row in rows if all(name in row for name in _POST)]
    found = Customer.objects.filter(
        Q(number__in=numbers)
        | Q(phone__in=phones)
        | Q(other_phone__in=phones)
        | Q(email__in=emails)
        | Q(postal_code__in=codes)
    )
    by_key: dict[tuple[str, str], list[UUID]] = {}
    for customer in found:
        post = f"{customer.name} {customer.street_address} {customer.postal_code}".casefold()
        for key in {
            ("number", customer.number),
            ("phone", customer.phone),
            ("phone", customer.other_phone),
            ("email", customer.email),
            ("post", post),
        }:
            by_key.setdefault(key, []).append(customer.pk)
    for row in rows:
        wanted = [
            ("number", row.get("customer_number", "")),
            ("phone", row.get("phone", "")),
            ("email", row.get("email", "")),
            ("post", " ".join(row.get(name, "") for name in _POST).casefold()),
        ]
        keys = [each for kind, value in wanted if value.strip() for each in by_key.get((kind, value), [])]
        yield row, list(dict.fromkeys(keys))


def _unknown_customers(batch: Batch) -> Iterator[Fault]:
    numbers = [row["customer_number"] for row in batch.rows if "customer_number" in row]
    known = set(Customer.objects.filter(number__in=numbers).values_list("number", flat=True))
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        if "customer_number" in row and row["customer_number"] not in known:
            why = _("There is no customer with this number.")
            yield Fault(number, "unknown-customer", why, column="customer_number")


PROHIBITIONS = declare(
    ImportKind(
        code="prohibitions",
        title=gettext_lazy("prohibitions of marketing"),
        fields=_FIELDS,
        write=write_prohibitions,
        key=lambda row: tuple(sorted((name, str(value)) for name, value in row.items())),
        check_row=check_row,
        mend_workbook=with_leading_zeros,
    )
)
