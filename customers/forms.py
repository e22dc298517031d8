"""The forms of the workbench: a fact in place, a permission, a contact."""

from typing import Any

from django import forms
from django.forms.models import fields_for_model
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer
from register.datamap.formats import country_names
from register.identity.models import Account

_FACTS: dict[str, tuple[str, ...]] = {
    "name": ("given_names", "family_name"),
    "organisation": ("organisation_name", "business_id"),
    "phone": ("phone",),
    "other_phone": ("other_phone",),
    "email": ("email",),
    "address": ("street_address", "postal_code", "post_office", "country"),
    "language": ("language",),
    "identity_code": ("identity_code",),
    "protection": ("is_protected",),
}


def fact_fields(customer: Customer) -> dict[str, tuple[str, ...]]:
    """Return the facts of a customer that are edited in place, with their columns."""
    hidden = {"organisation"} if customer.kind == Customer.Kind.PERSON else {"name", "protection"}
    if customer.kind == Customer.Kind.COMPANY:
        hidden |= {"identity_code"}
    return {name: columns for name, columns in _FACTS.items() if name not in hidden}


class FactForm(forms.Form):
    """One fact of a customer, edited in its row."""

    def __init__(self, customer: Customer, fact: str, data: Any = None) -> None:
        super().__init__(data, auto_id="fact-%s")
        self.fact = fact
        for name in _FACTS[fact]:
            field = fields_for_model(Customer, [name])[name]
            field.initial = getattr(customer, name)
            field.widget.attrs["class"] = "form-control-s"
            self.fields[name] = field
        if "country" in self.fields:
            self.fields["country"] = forms.ChoiceField(
                label=_("country"), choices=list(country_names("fi").items()), initial=customer.country
            )
            self.fields["post_office"].required = False
        first = next(iter(self.fields.values()))
        first.widget.attrs["autofocus"] = True

    def values(self) -> dict[str, Any]:
        """Return the columns with their new values."""
        return {name: self.cleaned_data[name] for name in _FACTS[self.fact]}


class PermissionForm(forms.Form):
    """What the customer said of marketing and where they said it."""

    act = forms.ChoiceField(choices=[("allow", ""), ("prohibit", ""), ("prohibit-all", "")])
    channel = forms.CharField(required=False)
    purpose = forms.CharField(required=False)
    told_by = forms.ChoiceField(
        label=_("Told through"),
        choices=[
            ("phone", _("phone call")),
            ("email", _("email")),
            ("letter", _("letter")),
            ("visit", _("visit")),
            ("register", _("prohibition register")),
        ],
    )


class ContactForm(forms.Form):
    """A contact that has just been: its kind by one click, a note only if there is something to note."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=Contact.Kind.choices, widget=forms.RadioSelect, initial=Contact.Kind.CALL
    )
    topic = forms.CharField(label=_("Topic"), max_length=60, required=False)
    text = forms.CharField(
        label=_("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The customer sees it. Do not write of others."),
    )
    controller = forms.TypedChoiceField(label=_("Company"), coerce=int)

    def __init__(self, account: Account, data: Any = None) -> None:
        super().__init__(data, auto_id="contact-%s")
        permitted = account.controller_ids("customers.add_contact")
        grants = account.grants_in_force()
        held = {one.controller_id: one.controller.short_name for one in grants if one.controller_id in permitted}
        self.fields["controller"].choices = sorted(held.items())  # type: ignore[attr-defined]
