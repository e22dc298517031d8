"""My data: all that is held with its reasons, the switch of marketing, one's requests, and who has looked."""

from typing import Any, Final
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import MarketingPermission
from customers.models.marketing import Channel
from customers.queries import Cell, customer_or_none, permissions_in_force
from dsar import mydata, operations
from dsar.models import Request
from dsar.operations import UnableToAsk, UnableToPackage
from dsar.queries import given_package, given_packages, requests_of
from dsar.rectifiable import rectifiable
from register.crypto.files import FileMissing
from register.crypto.sealing import UnableToOpen
from register.identity.portal import actor_of_portal, signed_in

_FEW_LOOKS, _ALL_LOOKS = 5, 200
# Whoever reaches these pages was identified by a bank.
_STRONG: Final = Request.IdentityMethod.STRONG
_CODES: Final = frozenset({"country", "language"})  # kept as codes: asked for in words


@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """Show all that is held of the customer, with marketing, requests and looks."""
    session, today = signed_in(request), timezone.localdate()
    customer = customer_or_none(_own(request))
    shows_all = "looks" in request.GET
    rows = mydata.what_goes(session.shown, on=today)
    look_count, looks = mydata.looks_of(session.shown, limit=_ALL_LOOKS if shows_all else _FEW_LOOKS)
    found = requests_of(_own(request), on=today)
    context: dict[str, Any] = {
        "topics": mydata.topics_of(session.shown, rows),
        "next_row": mydata.next_to_go(rows),
        "looks": looks,
        "look_count": look_count,
        "shows_all": shows_all,
        "disclosures": mydata.disclosures_of(session.shown),
        "requests": found,
        "packages": given_packages(_own(request)),
        "open_request": next((row for row in found if row.request.is_open), None),
        "done": request.GET.get("done", ""),
    }
    if customer is not None:
        context |= _marketing(permissions_in_force(customer))
    return render(request, "portal/my_data.html", context)


@require_POST
def marketing(request: HttpRequest) -> HttpResponse:
    """Stop all marketing at once, or keep what was chosen for each purpose and channel."""
    actor, now = actor_of_portal(signed_in(request)), timezone.now()
    if request.POST.get("stop") == "on":
        operations.object_to_marketing(customer_id=_own(request), actor=actor, at=now)
        return _back("stopped", "marketing")
    ticked = set(request.POST.getlist("allow"))
    choices = {
        (channel, purpose): f"{channel}.{purpose}" in ticked
        for channel in Channel.values
        for purpose in MarketingPermission.Purpose.values
    }
    operations.choose_marketing(customer_id=_own(request), choices=choices, actor=actor, at=now)
    return _back("chosen", "marketing")


@require_POST
def ask_access(request: HttpRequest) -> HttpResponse:
    """Take in a request to get all data; who signed in by a bank has proved who they are."""
    today = timezone.localdate()
    asked = [row for row in requests_of(_own(request), on=today) if row.request.is_open]
    if any(row.request.kind == Request.Kind.ACCESS for row in asked):
        return _back("asked-already", "requests")
    actor = actor_of_portal(signed_in(request))
    operations.ask_for_access(customer_id=_own(request), actor=actor, at=timezone.now(), identified_by=_STRONG)
    return _back("asked", "requests")


@require_http_methods(["GET", "POST"])
def ask_correction(request: HttpRequest) -> HttpResponse:
    """Ask for data to be corrected: the form has what is held now, and what is changed in it is asked for."""
    customer = customer_or_none(_own(request))
    data = [datum for datum in rectifiable(customer) if datum.name not in _CODES] if customer else []
    error = ""
    if request.method == "POST":
        try:
            operations.ask_for_rectification(
                customer_id=_own(request),
                actor=actor_of_portal(signed_in(request)),
                at=timezone.now(),
                corrections={datum.name: request.POST.get(datum.name, datum.value) for datum in data},
                text=request.POST.get("text", ""),
                identified_by=_STRONG,
            )
        except UnableToAsk as refusal:
            error = str(refusal)
        else:
            return _back("asked", "requests")
    fields = [(datum, request.POST.get(datum.name, datum.value)) for datum in data]
    context = {"fields": fields, "text": request.POST.get("text", ""), "error": error, "section": "portal-my-data"}
    return render(request, "portal/correction.html", context, status=422 if error else 200)


@require_POST
def package(request: HttpRequest, package_id: UUID) -> Any:
    """Send the customer the package of a request that was answered; the download is written down."""
    held = given_package(_own(request), package_id)
    if held is None:
        raise Http404
    actor = actor_of_portal(signed_in(request))
    try:
        content = operations.download_package(package_id=held.pk, actor=actor, at=timezone.now()).open()
    except (UnableToPackage, FileMissing, UnableToOpen):
        raise Http404 from None
    return FileResponse(content, as_attachment=True, filename="package.zip", content_type="application/zip")


def _own(request: HttpRequest) -> UUID:
    """Give the customer whose data is shown."""
    return signed_in(request).shown[0]


def _back(done: str, place: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('portal-my-data')}?done={done}#{place}")


def _marketing(matrix: list[tuple[Any, list[Cell]]]) -> dict[str, Any]:
    """Turn the matrix round: a line for each purpose, a box for each channel."""
    by_purpose: dict[str, list[tuple[str, str, bool]]] = {}
    cells = [cell for _channel, row in matrix for cell in row]
    for cell in cells:
        is_allowed = cell.row is not None and cell.row.is_allowed
        box = (f"{cell.channel}.{cell.purpose}", str(Channel(cell.channel).label), is_allowed)
        by_purpose.setdefault(str(MarketingPermission.Purpose(cell.purpose).label), []).append(box)
    last = max((cell.row.given_at for cell in cells if cell.row), default=None)
    return {
        "purposes": by_purpose.items(),
        "is_stopped": all(cell.is_prohibited for cell in cells),
        "changed_at": last,
    }
