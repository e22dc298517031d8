"""The record of processing activities and the retention schedule, as pages and as files."""

import csv
import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dsar.record import as_json, as_rows, recipients
from register.datamap import record
from register.identity.looking import needs
from register.identity.models import Controller
from register.work.tables_out import safe_cell


@require_safe
@needs("dsar.view_record")
def processing_record(request: HttpRequest) -> HttpResponse:
    """Show the record of processing activities (GDPR 30)."""
    context = {
        "title": _("Record of processing"),
        "controllers": Controller.objects.order_by("pk"),
        "activities": record.activities(),
        "data_subjects": record.DATA_SUBJECTS,
        "recipient_kinds": record.RECIPIENTS,
        "recipients": recipients(),
        "transfers": record.TRANSFERS,
        "measures": record.MEASURES,
    }
    return render(request, "staff/record/record.html", context)


@require_safe
@needs("dsar.view_record")
def processing_record_file(request: HttpRequest, form: str) -> HttpResponse:
    """Give the record as a JSON or CSV file."""
    if form == "json":
        text, kind = json.dumps(as_json(), ensure_ascii=False, indent=2), "application/json"
    elif form == "csv":
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="record-of-processing.csv"'
        writer = csv.writer(response)
        for row in as_rows():
            writer.writerow([safe_cell(cell) for cell in row])
        return response
    else:
        raise Http404
    response = HttpResponse(text, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="record-of-processing.{form}"'
    return response


@require_safe
@needs("retention.view_schedule")
def retention_schedule(request: HttpRequest) -> HttpResponse:
    """Show the retention schedule: each period with the tables that it rules, and what goes with them."""
    context = {
        "title": _("Retention schedule"),
        "periods": record.schedule_rows(),
        "elsewhere": record.elsewhere(),
    }
    return render(request, "staff/record/schedule.html", context)
