"""What lies on the desk of an agent: the call that runs, and pinned customers. Both go with the customer."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from register.access.policies import PERSONS, REPLACE, Access
from register.datamap.map import derived

from .people import Customer


class RunningCall(models.Model):
    """The call in which an account says to be: with whom and why. It ends by a button or by itself."""

    account_id = models.UUIDField(_("account"), unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    reason = models.CharField(_("reason"), max_length=20)
    started_at = models.DateTimeField(_("started at"))

    access = Access(staff=PERSONS, app=REPLACE)
    data_map = derived("customer", "the call that runs; it ends within the hour and goes with the customer")

    class Meta:
        verbose_name = _("running call")
        verbose_name_plural = _("running calls")

    def __str__(self) -> str:
        return f"{self.account_id}"


class Pin(models.Model):
    """A customer whom an account has pinned; it falls off by itself."""

    account_id = models.UUIDField(_("account"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    pinned_at = models.DateTimeField(_("pinned at"))

    access = Access(staff=PERSONS, app=REPLACE)
    data_map = derived("customer", "a mark of an agent; it falls off after a month and goes with the customer")

    class Meta:
        verbose_name = _("pinned customer")
        verbose_name_plural = _("pinned customers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "customer"], name="a_customer_is_pinned_once_by_an_account")
        ]

    def __str__(self) -> str:
        return f"{self.account_id}"
