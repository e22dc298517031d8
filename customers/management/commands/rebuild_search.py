"""Makes the words by which customers are found anew, for all of them."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from customers.search.tokens import rebuild_search_tokens
from register.audit.acting import acting_as_service


class Command(BaseCommand):
    """`manage.py rebuild_search`"""

    help = _("Makes the words by which customers are found anew, after a load that passed the operations.")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as_service("rebuild-search"):
            count = rebuild_search_tokens()
        self.stdout.write(_("%(count)s words of customers can be searched.") % {"count": count})
