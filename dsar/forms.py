"""What staff fill in: a request as it came, and the acts on it."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from dsar.models import Request
from dsar.rectifiable import Datum, rectifiable

_METHODS = [(method.value, method.label) for method in Request.METHODS_OF_STAFF]
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class IntakeForm(forms.Form):
    """A request as it came: its kind, channel, day and words; for a correction the right values.

    Who may not check an identity records none with it.
    """

    kind = forms.ChoiceField(label=_("Kind"), choices=Request.Kind.choices)
    channel = forms.ChoiceField(
        label=_("Came by"), choices=[choice for choice in Request.Channel.choices if choice[0] != "portal"]
    )
    received_on = forms.DateField(label=_("Came on"), widget=_DAY, help_text=_("The month to answer runs from it."))
    identity = forms.ChoiceField(label=_("Identity"), choices=[("", _("not checked yet")), *_METHODS], required=False)
    text = forms.CharField(
        label=_("What is asked"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_("In the words of the person."),
    )

    def __init__(self, customer: Customer, *args: Any, today: datetime.date, may_identify: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_identify:
            del self.fields["identity"]
        self.today, self.data_rows = today, rectifiable(customer)
        for row in self.data_rows:
            self.fields[f"new_{row.name}"] = forms.CharField(label=str(row.label), required=False, max_length=300)

    def sides(self) -> list[tuple[Datum, Any]]:
        """Give each datum with the field of its new value."""
        return [(row, self[f"new_{row.name}"]) for row in self.data_rows]

    def plain(self) -> list[Any]:
        """Give the fields that are not new values."""
        return [self[name] for name in ("kind", "channel", "received_on", "identity", "text") if name in self.fields]

    def clean_received_on(self) -> datetime.date:
        """See that the day is not ahead."""
        day: datetime.date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError(_("A request cannot have come in the future."))
        return day

    def corrections(self) -> dict[str, str]:
        """Give the new values that were filled in, by the name of the datum."""
        named = {row.name: self.cleaned_data[f"new_{row.name}"] for row in self.data_rows}
        return {name: value for name, value in named.items() if value}

    def received_at(self, now: datetime.datetime) -> datetime.datetime:
        """Give the moment of receipt: now for today, noon for another day."""
        day: datetime.date = self.cleaned_data["received_on"]
        if day == timezone.localdate(now):
            return now
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


class IdentityForm(forms.Form):
    """How the identity was checked."""

    method = forms.ChoiceField(label=_("How it was checked"), choices=_METHODS)


class ReasonForm(forms.Form):
    """A reason that the person is told."""

    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("The person is told this."))


class AnswerForm(forms.Form):
    """What the person is told."""

    answer = forms.CharField(
        label=_("Answer"), required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("The person sees it.")
    )


class NoteForm(forms.Form):
    """A note for the timeline."""

    text = forms.CharField(label=_("Note"), max_length=500)
