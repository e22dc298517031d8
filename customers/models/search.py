"""What search reads: folded tokens of customers, and the distinct words by which a typo is corrected.

Operators that are not leakproof lose their index under a policy, so tokens are compared by `=` and
by range on a stored, folded column of collation C.
"""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from register.access.policies import PERSONS, REPLACE, Access, of_customers, open_access
from register.datamap.map import derived

from .people import Customer


class SearchToken(models.Model):
    """One folded word by which a customer is found, and what it is a word of.

    In the database the key is (customer, kind, token); nobody looks a token up by its number.
    """

    class Kind(models.TextChoices):
        NAME = "name", _("name")
        PHONE = "phone", _("phone")
        EMAIL = "email", _("email")
        ADDRESS = "address", _("address")
        BUSINESS_ID = "business-id", _("business ID")
        REPRESENTATIVE = "representative", _("representative's name")

    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="search_tokens",
        db_constraint=False,
        db_index=False,
        verbose_name=_("customer"),
    )
    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    token = models.CharField(_("word"), max_length=120, db_collation="C")

    access = Access(staff=PERSONS, portal=of_customers(), app=REPLACE)
    data_map = derived("customer", "made from the customer's row")

    class Meta:
        verbose_name = _("search token")
        verbose_name_plural = _("search tokens")
        indexes: ClassVar = [models.Index(fields=["token", "kind", "customer"], name="search_token_by_word")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SearchWord(models.Model):
    """A word that some token has; the purge removes those that no token has any more."""

    word = models.CharField(_("word"), max_length=120, primary_key=True, db_collation="C")

    access = open_access(app=REPLACE)
    data_map = derived("", "the distinct words of the search tokens")

    class Meta:
        verbose_name = _("search word")
        verbose_name_plural = _("search words")
        indexes: ClassVar = [GinIndex(fields=["word"], name="search_word_by_likeness", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return "word"
