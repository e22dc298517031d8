"""What an admin form says when a constraint refuses: the sentence of the app, at its field where one is meant."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from register.access.refusing import fields, sentences
from register.identity.site import OperationForm
from tests.harness.staff import make_staff, signed_in

OURS = ("customers", "sites", "billing", "recordings", "dsar", "retention", "identity", "work")
CONSTRAINTS = [
    (model, constraint)
    for app in apps.get_app_configs()
    if app.label in OURS
    for model in app.get_models()
    if model in admin.site._registry and issubclass(admin.site._registry[model].form, OperationForm)
    for constraint in model._meta.constraints
]


def test_a_customer_without_a_name_is_told_so_at_the_family_name(db: None) -> None:
    client: Client = signed_in(make_staff())
    page = reverse("admin:customers_customer_add")
    form: Any = client.get(page).context["adminform"].form
    empty = {name: form.get_initial_for_field(field, name) or "" for name, field in form.fields.items()}
    answer = client.post(page, empty | {"kind": "person"})
    form = answer.context["adminform"].form
    assert form.errors["family_name"] == ["Henkilöllä on oltava sukunimi."]
    assert "Rajoitetta" not in answer.content.decode()


@pytest.mark.parametrize(("model", "constraint"), CONSTRAINTS, ids=lambda each: getattr(each, "name", ""))
def test_every_constraint_of_a_form_has_its_sentence_and_a_field_that_is_there(
    model: type[models.Model], constraint: models.BaseConstraint
) -> None:
    assert constraint.name in sentences()
    field = fields().get(constraint.name)
    assert field is None or model._meta.get_field(field)


def test_every_field_named_is_of_a_constraint_with_a_sentence() -> None:
    assert set(fields()) <= set(sentences())
