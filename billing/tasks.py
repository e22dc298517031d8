"""The shells of billing's nightly work."""

from celery import shared_task
from django.utils import timezone

from billing.operations import end_bank_accounts_of_former_customers
from register.access.scope import Actor
from register.audit.acting import acting_as_service

_JOB = "end-bank-accounts"


@shared_task
def end_bank_accounts() -> None:
    """Put out of use the bank accounts of those who have no contract any more; running it twice changes nothing."""
    with acting_as_service(_JOB):
        end_bank_accounts_of_former_customers(actor=Actor.service(_JOB), at=timezone.now())
