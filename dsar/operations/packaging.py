"""Makes packages and gives them out: asked for, made by the worker, downloaded once the identity is on record."""

import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from dsar.models import Package, PackageDownload, Request, RequestEvent
from dsar.package.building import build
from register.access.refusing import Refusal, operation
from register.access.scope import Actor
from register.audit.acting import acting_as_service
from register.crypto.files import EncryptedFile, file_of, write_file_of
from register.work.models import Job
from register.work.operations import ask_for_work

from .steps import add_step, is_checker, name_of

ACCESS_PACKAGE = "access-package"


class UnableToPackage(Refusal):
    """A package cannot be made or given out."""


@operation(UnableToPackage)
def ask_for_package(*, request_id: UUID, actor: Actor, at: datetime.datetime) -> Job:
    """Have the worker make the package of an open access request, and return its job.

    It may be made before the identity is on record, and leaves only after. Raises: UnableToPackage.
    """
    request = Request.objects.filter(pk=request_id, kind=Request.Kind.ACCESS).first()
    if request is None or not request.is_open:
        raise UnableToPackage(_("A package is made for an open access request."))
    package = Package.objects.create(
        customer_id=request.customer_id, request=request, asked_at=at, asked_by=name_of(actor)
    )
    return ask_for_work(kind=ACCESS_PACKAGE, actor=actor, at=at, parameters={"package": str(package.pk)})


@operation(UnableToPackage)
def begin_package(*, customer_id: UUID, actor: Actor, at: datetime.datetime, request: Request | None = None) -> Package:
    """Write down a package that is made at once, by the command, and return it. Raises: UnableToPackage."""
    return Package.objects.create(customer_id=customer_id, request=request, asked_at=at, asked_by=name_of(actor))


def make_package(*, package_id: UUID, actor: Actor, at: datetime.datetime) -> Package:
    """Make the file of a package and return the package; one that is made already stays as it is.

    The rows are read in the scope of the person, in transactions of their own. Memory is bounded.
    Raises: UnableToPackage.
    """
    with acting_as_service(ACCESS_PACKAGE):
        package = Package.objects.select_related("request").get(pk=package_id)
        customer = Customer.objects.filter(pk=package.customer_id).first()
    if package.made_at is not None:
        return package
    if customer is None:
        raise UnableToPackage(_("There is no such customer."))
    counts: dict[str, int] = {}
    number = package.request.number if package.request else ""
    stored = write_file_of(package, build(customer, actor=actor, at=at, request_number=number, counts=counts))
    with acting_as_service(ACCESS_PACKAGE):
        package.stored_as, package.wrapped_key = stored.name, stored.wrapped_key
        package.size_bytes, package.made_at = stored.size_bytes, at
        package.counts = {label: rows for label, rows in counts.items() if rows}
        package.save(update_fields=["stored_as", "wrapped_key", "size_bytes", "made_at", "counts"])
        if package.request is not None:
            add_step(package.request, RequestEvent.Kind.PACKAGE, actor=actor, at=at)
    return package


@operation(UnableToPackage)
def download_package(*, package_id: UUID, actor: Actor, at: datetime.datetime) -> EncryptedFile:
    """Write down that a package is taken out, and return its file to be read.

    Whoever recorded the identity check does not take it out. The page that sends it also writes the read log.
    Source: clauses G1, G4. Raises: UnableToPackage.
    """
    package = Package.objects.select_related("request").filter(pk=package_id, made_at__isnull=False).first()
    if package is None:
        raise UnableToPackage(_("There is no such package any more."))
    if package.request is None or not package.request.is_identified:
        raise UnableToPackage(_("Record how the identity was checked first."))
    if is_checker(package.request, actor):
        raise UnableToPackage(_("You recorded the identity check: another person hands the data over."))
    PackageDownload.objects.create(package=package, downloaded_at=at, downloaded_by=name_of(actor))
    add_step(package.request, RequestEvent.Kind.DOWNLOADED, actor=actor, at=at)
    return file_of(package)
