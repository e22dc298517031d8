"""The record of processing activities as JSON and CSV: what the data map says, with the controllers and recipients."""

from collections.abc import Iterator
from typing import Any

from customers.models import Recipient
from register.datamap import record
from register.identity.models import Controller

CSV_HEADINGS = ("purpose", "item", "name", "section", "bases", "sources", "sensitivity", "periods", "tables")


def as_json() -> dict[str, Any]:
    """Give the record as one document, its words in the language that is open (GDPR 30(1))."""
    return {
        "record_of": "GDPR 30(1)",
        "controllers": [
            {
                "name": controller.name,
                "business_id": controller.business_id,
                "postal_address": controller.postal_address,
                "visiting_address": controller.visiting_address,
                "email": controller.email,
                "phone": controller.phone,
                "web_address": controller.web_address,
            }
            for controller in Controller.objects.order_by("pk")
        ],
        "data_subjects": [str(words) for words in record.DATA_SUBJECTS],
        "activities": [_activity(activity) for activity in record.activities()],
        "recipients": {
            "categories": [{"clause": clause, "who": str(words)} for clause, words in record.RECIPIENTS],
            "named": [
                {"name": one.name, "role": one.role, "country": one.country, "contract": one.contract_reference}
                for one in recipients()
            ],
        },
        "transfers": {"clause": record.TRANSFERS[0], "what": str(record.TRANSFERS[1])},
        "measures": [{"clause": clause, "what": str(words)} for clause, words in record.MEASURES],
        "schedule": [
            {
                "period": str(period.title),
                "clause": period.clause,
                "tables": [
                    {
                        "table": str(row.title),
                        "purpose": row.keep.purpose.id,
                        "basis": row.keep.basis.value,
                        "from": str(row.clock),
                        "with": [str(part) for part in row.parts],
                    }
                    for row in rows
                ],
            }
            for period, rows in record.schedule_rows()
        ],
    }


def as_rows() -> Iterator[tuple[str, ...]]:
    """Give the record as a table: a row for each item of each purpose."""
    yield CSV_HEADINGS
    for activity in record.activities():
        for held in activity.items:
            yield (
                activity.purpose.id,
                held.item.seed,
                str(held.item.name),
                str(held.item.section.words),
                "; ".join(str(basis.words) for basis in held.bases),
                "; ".join(str(source.title) for source in held.sources),
                held.item.sensitivity.value,
                "; ".join(f"{period.title} ({period.clause})" for period in held.periods),
                "; ".join(model._meta.label for model in held.tables),
            )


def recipients() -> list[Recipient]:
    """Give the recipients that are on record, by name."""
    return list(Recipient.objects.order_by("name"))


def _activity(activity: record.Activity) -> dict[str, Any]:
    return {
        "purpose": activity.purpose.id,
        "title": str(activity.purpose.title),
        "bases": [str(basis.words) for basis in activity.bases],
        "periods": [{"title": str(period.title), "clause": period.clause} for period in activity.periods],
        "items": [
            {
                "item": held.item.seed,
                "name": str(held.item.name),
                "section": held.item.section.value,
                "sources": [source.id for source in held.sources],
                "sensitivity": held.item.sensitivity.value,
                "tables": [model._meta.label for model in held.tables],
            }
            for held in activity.items
        ],
    }
