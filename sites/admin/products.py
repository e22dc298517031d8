"""The tables of products, prices and what imports left behind on the admin site."""

import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from register.access.scope import Actor
from register.identity.rows import InForce, RowAdmin, RowForm, RowInline
from sites import operations
from sites.models import (
    ConsumptionCorrection,
    Product,
    ProductPrice,
    QualityWord,
)

from .closing import STATE, AtSite


class ProductForm(RowForm):
    """Enters or changes a product."""

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["code", "name", "line", "controller"]

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter or change."""
        return operations.save_product(product_id=self.key, actor=actor, at=at, **self.values())


class PriceInline(RowInline):
    """The prices of a product."""

    model = ProductPrice
    fields = ("energy_c_kwh", "basic_eur_month", "power_eur_kw_month", "started_on", "ended_on")


@admin.register(Product)
class ProductAdmin(RowAdmin):
    """Products with their prices."""

    form = ProductForm
    list_display = ("code", "name", "line", "controller_mark")
    list_filter = ("line", "controller")
    list_select_related = ("controller",)
    search_fields = ("code",)
    ordering = ("code",)
    inlines = (PriceInline,)


class PriceForm(RowForm):
    """Enters or changes a price."""

    class Meta:
        model = ProductPrice
        fields: ClassVar[list[str]] = [
            "product", "energy_c_kwh", "basic_eur_month", "power_eur_kw_month", "started_on", "ended_on",
        ]  # fmt: skip

    def operate(self, *, actor: Actor, at: datetime.datetime) -> models.Model:
        """Enter or change."""
        return operations.save_product_price(price_id=self.key, actor=actor, at=at, **self.values())


@admin.register(ProductPrice)
class ProductPriceAdmin(InForce, RowAdmin):
    """Prices by day, without value added tax."""

    form = PriceForm
    list_display = (
        "product", "energy_c_kwh", "basic_eur_month", "power_eur_kw_month", "started_on", "ended_on", "state",
    )  # fmt: skip
    column_classes: ClassVar[dict[str, str]] = STATE
    list_filter = ("product", ("ended_on", admin.EmptyFieldListFilter))
    list_select_related = ("product",)
    ordering = ("product", "-started_on")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A price is changed by whoever may change its product."""
        return super().has_change_permission(request, obj) and (
            not isinstance(obj, ProductPrice) or self._is_of_own_company(request, obj.product)
        )


@admin.register(QualityWord)
class QualityWordAdmin(RowAdmin):
    """Words of quality as the sources give them."""

    list_display = ("word", "is_estimate")
    ordering = ("word",)


@admin.register(ConsumptionCorrection)
class ConsumptionCorrectionAdmin(AtSite, RowAdmin):
    """Days of consumption that a later import replaced."""

    list_display = ("day", "site", "series", "resolution_min", "replaced_at")
    fields = ("day", "site", "series", "resolution_min", "wh", "quality", "replaced_at")
    list_filter = ("series",)
    ordering = ("-day",)
