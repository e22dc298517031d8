"""What people read when the database refuses a row of this app, by the name of the constraint."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "a_role_is_granted_once_at_a_time": _("The account has this role already."),
}
