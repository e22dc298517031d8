"""Words and marks of the workbench's pages."""

import re

import phonenumbers
from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from customers.search.folding import fold
from register.crypto.masking import mask_iban
from register.identity.looking import LookReason, OpeningReason, words_of_look
from register.identity.roles import Role

register = template.Library()
_WORDS = re.compile(r"[^\W_]+")
_FINLAND = 358


@register.filter
def unit_words(unit: str) -> str:
    """Give the roles of a look in words."""
    return ", ".join(capfirst(str(Role(code).label)) if code in Role.values else code for code in unit.split(", "))


@register.filter
def reason_words(reason: str) -> str:
    """Give the reason of a look in words."""
    for reasons in (LookReason, OpeningReason):
        if reason in reasons.values:
            return str(reasons(reason).label)
    return reason


@register.filter
def shown_words(what: str) -> str:
    """Give in words what a look showed."""
    return words_of_look(what)


@register.filter
def phone(number: str) -> str:
    """Write a telephone number as people read it: within Finland without its country."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    is_home = parsed.country_code == _FINLAND
    form = phonenumbers.PhoneNumberFormat.NATIONAL if is_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, form).replace(" ", "\N{NO-BREAK SPACE}")


@register.filter
def account_mask(address: str) -> str:
    """Mask an address of e-invoices, which is often the number of a bank account."""
    return mask_iban(address)


@register.simple_tag
def marked(text: str, typed: tuple[str, ...]) -> SafeString:
    """Give a text with the beginnings of words that were typed marked, however they were written."""
    parts, end = [], 0
    for found in _WORDS.finditer(text):
        word = found.group()
        length = max((len(one) for one in typed if fold(word).startswith(one)), default=0)
        if not length:
            continue
        parts.append(conditional_escape(text[end : found.start()]))
        parts.append(format_html("<mark>{}</mark>", word[:length]))
        end = found.start() + min(length, len(word))
    parts.append(conditional_escape(text[end:]))
    return mark_safe("".join(parts))  # every part is escaped
