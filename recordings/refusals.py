"""What people read when the database refuses a row of this app, by the name of the constraint."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "recording_day_is_the_helsinki_day_of_the_call": _("The day of the call is its day in Helsinki."),
}
