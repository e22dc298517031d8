"""What staff fill in on the retention pages."""

import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.models import Hold
from retention.queries import find_target


class PreviewForm(forms.Form):
    """The day as of which a plan is previewed."""

    as_of = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class StopForm(forms.Form):
    """Why all purging is stopped."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("No names: the reason is kept for years."))


class HoldForm(forms.Form):
    """What is to be held and why."""

    kind = forms.ChoiceField(label=_("What it covers"), choices=Hold.Kind.choices)
    target = forms.CharField(
        label=_("Number or key"),
        max_length=40,
        help_text=_("Customer number, contract identifier, metering point, invoice number, or the key of a recording."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=Hold.Reason.choices)
    case_number = forms.CharField(label=_("Case number"), max_length=40, required=False, help_text=_("No names."))
    until_on = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("The first day no longer held. Empty: until it is released."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.key: UUID | None = None

    def clean(self) -> dict[str, Any]:
        """Find what is named, and see that the end is ahead."""
        cleaned = super().clean() or {}
        if "kind" in cleaned and "target" in cleaned:
            self.key = find_target(cleaned["kind"], cleaned["target"])
            if self.key is None:
                self.add_error("target", _("It is not in the register: it is no longer held, or never was."))
        until_on = cleaned.get("until_on")
        if until_on is not None and until_on <= self.today:
            self.add_error("until_on", _("The day must be ahead."))
        return cleaned
