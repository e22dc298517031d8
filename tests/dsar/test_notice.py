"""The public notice says all that the register description says: by heading, by item and by sentence."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from lxml import html

pytestmark = pytest.mark.django_db

SEED = Path(settings.BASE_DIR) / "docs" / "seed"
HEADINGS = (
    "Rekisterinpitäjä",
    "Rekisterin nimi",
    "Rekisterin pitämisen peruste",
    "Rekisterin käyttötarkoitus",
    "Rekisterin tietosisältö",
    "Asiakastiedot",
    "Käyttökohteen tiedot",
    "Laskutus ja maksuliikennetiedot",
    "Muut tiedot",
    "Säännönmukaiset tietolähteet",
    "Säännönmukaiset tietojen luovutukset ja tietojen siirto EU:n tai Euroopan talousalueen ulkopuolelle",
    "Rekisterin suojauksen periaatteet",
    "Tarkastus-, kiello- ja korjausoikeus",
    "Tietojen poistaminen",
)
# The description names two of these more widely than the table of items, which the notice follows.
WORDED_BY_ITEMS = {
    "asiakkaan edustajan tai asiakkaan yhteyshenkilön nimi, henkilötunnus, puhelinnumero ja sähköpostiosoite": "C07",
    "muut nykyisen tai aikaisemman asiakkaan suostumuksella tai valtuuttamana saadut tiedot, jotka ovat tarpeellisia"
    " hänen pyytämänsä palvelun toteuttamiseksi": "O06",
}


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def page(language: str = "") -> html.HtmlElement:
    response = Client().get(f"/privacy/{language}" if language else "/privacy")
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def items() -> list[dict[str, str]]:
    with (SEED / "items.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def description() -> Iterator[str]:
    """The sentences of the description, without the marks of its lists and its one slip of the pen."""
    text = (SEED / "register-description.fi.txt").read_text(encoding="utf-8")
    for line in text.replace("energiamaarkkinoiden", "energiamarkkinoiden").splitlines():
        text = line.strip().removeprefix("-").strip()
        yield from filter(None, re.split(r"(?<=[a-zåäö)]\.) (?=[A-ZÅÄÖ])", text))


@pytest.mark.clause("K1")
@pytest.mark.clause("K2")
@pytest.mark.clause("D1")
@pytest.mark.clause("D5")
def test_every_sentence_of_the_description_stands_in_the_notice() -> None:
    shown = flat(page().find(".//main").text_content())
    sentences = [one for one in description() if one not in WORDED_BY_ITEMS]
    assert len(sentences) > 90
    assert [one for one in sentences if flat(one) not in shown] == []


def test_every_heading_of_the_description_is_a_heading_of_the_notice_in_its_order() -> None:
    found = [flat(one.text_content()) for one in page().iterfind(".//main//*") if one.tag in ("h2", "h3")]
    places = [next(number for number, text in enumerate(found) if text.endswith(flat(name))) for name in HEADINGS]
    assert places == sorted(places)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_each_item_has_its_name_purpose_basis_source_and_retention(language: str) -> None:
    rows = {row.get("data-item"): row for row in page(language).iterfind(".//tr[@data-item]")}
    assert list(rows) == [item["id"] for item in items()]
    assert len(rows) == 56
    for item in items():
        row = rows[item["id"]]
        told = {one.get("data-tells"): one.text_content().strip() for one in row.iterfind(".//*[@data-tells]")}
        assert set(told) == {"purpose", "source", "basis", "retention"}
        assert all(told.values()), item["id"]
        name = flat(row.find(".//*[@class='prv-name']").text_content())
        if language in ("fi", "en"):
            assert name == flat(item[f"item_{language}"]), item["id"]


@pytest.mark.clause("T1")
@pytest.mark.clause("T3")
@pytest.mark.clause("T4")
def test_the_retention_of_an_item_is_the_rule_of_its_first_home() -> None:
    words = {
        "contract": "10 years from the end of the contract",
        "metering": "10 years from the measurement",
        "billing": "10 years from the invoice",
        "recording": "1 year from the call",
    }
    rows = {row.get("data-item"): row for row in page("en").iterfind(".//tr[@data-item]")}
    for item in items():
        told = flat(rows[item["id"]].find(".//*[@data-tells='retention']").text_content())
        # The billing account is a part of the customer, and stays with it.
        rule = "contract" if item["id"] in ("B09", "B10") else item["first_home_rule"]
        assert words[rule] in told, item["id"]


def test_no_text_of_the_notice_is_left_in_english() -> None:
    english = {flat(one.text_content()) for one in page("en").iterfind(".//main//*") if len(one) == 0 and one.text}
    for language in ("fi", "sv"):
        shown = {
            flat(one.text_content()) for one in page(language).iterfind(".//main//*") if len(one) == 0 and one.text
        }
        left = {text for text in english & shown if re.search(r"[a-zåäö]{3}", text)}
        assert {text for text in left if not re.search(r"oy|ytj|fonecta|itella|asiakastieto|\.fi", text)} == set()


def test_nobody_signs_in_and_no_cookie_is_set() -> None:
    for address in ("/privacy", "/privacy/fi", "/privacy/sv", "/privacy/en"):
        response = Client().get(address)
        assert response.status_code == 200
        assert not response.cookies
    assert Client().get("/privacy/de").status_code == 404
    assert Client().get("/privacy/sv").headers["Content-Language"] == "sv"
    assert page("sv").get("lang") == "sv"
