"""Tables of customers, sites, meters, contracts and prohibitions go in whole or not at all, each row validated."""

import csv
import io
import json
import resource
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import call_command
from django.core.management.base import CommandError

from customers.models import Customer, MarketingPermission, SearchToken, Suppression
from customers.operations import register_customer
from customers.operations.people import CustomerValues
from customers.search.tokens import rebuild_search_tokens
from register.access.scope import Actor, Scope
from register.audit.acting import acting, acting_as_service
from register.audit.models import LogEntry
from register.crypto.files import file_of, stored_names
from register.work.models import ColumnMapping, ImportFault, ImportRun, ImportSource
from sites.models import (
    Contract,
    ContractProduct,
    ElectricityConnection,
    HeatConnection,
    HomeDetails,
    Meter,
    Product,
    Site,
)
from tests.factories import FACTORIES
from tests.factories.numbers import gsrn
from tests.sites.tables import CONTRACTS, CUSTOMERS, SITES, run, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str | bytes, name: str = "table.csv") -> Path:
        return written(tmp_path, text, name)

    return write


def codes(report: dict[str, Any]) -> set[tuple[int, str, str]]:
    return {(fault["row"], fault["column"], fault["code"]) for fault in report["faults"]}


@pytest.mark.clause("R2")
@pytest.mark.item("C01")
@pytest.mark.item("C08")
def test_customers_go_in_with_their_change_log_and_are_found(write: Any) -> None:
    report = run(write(CUSTOMERS), "customers")
    assert (report["status"], report["counts"]["created"]) == (0, 2)
    with acting_as_service("test"):
        maija = Customer.objects.get(number="200001")
        assert (maija.name, maija.phone, maija.birth_on) == ("Maija Äijälä", "+358401234567", date(1990, 1, 1))
        assert maija.identity_code is not None
        assert maija.identity_code.reveal() == "010190-999W"
        assert maija.source == "R2"
        assert str(maija.import_run_id) == report["run"]
        entry = LogEntry.objects.get(object_pk=str(maija.pk))
        assert entry.changes["family_name"] == [None, "Äijälä"]
        assert entry.changes["identity_code"] == [None, "•••"]
        assert entry.subjects == [maija.pk]
        assert SearchToken.objects.filter(customer=maija, token="aijala").exists()
        assert Customer.objects.get(number="200002").kind == "company"


def test_an_import_leaves_the_rows_words_and_log_that_the_operation_leaves(write: Any) -> None:
    run(write(CUSTOMERS), "customers")
    with acting_as_service("test"):
        for row in list(Customer.objects.order_by("number")):
            given = {name: getattr(row, name) for name in CustomerValues.__annotations__}
            given["identity_code"] = "010190-998V" if row.identity_code else None
            who: Any = {"actor": Actor.service("test"), "at": datetime(2026, 11, 24, 9, tzinfo=UTC)}
            other = register_customer(number=f"3{row.number[1:]}", **given, **who)
            assert {name: getattr(other, name) for name in given if name != "identity_code"} == {
                name: getattr(row, name) for name in given if name != "identity_code"
            }
            assert words_of(row) == words_of(other)
            rebuild_search_tokens([row.pk])
            assert words_of(row) == words_of(other)
            logged, expected = (LogEntry.objects.get(object_pk=str(one.pk)).changes for one in (row, other))
            assert {name for name in logged if given.get(name)} == {name for name in expected if given.get(name)}


def words_of(customer: Customer) -> set[tuple[str, str]]:
    return set(SearchToken.objects.filter(customer=customer).values_list("kind", "token"))


def test_the_same_file_again_changes_nothing_and_says_so(write: Any) -> None:
    path = write(CUSTOMERS)
    run(path, "customers")
    out = io.StringIO()
    call_command("import_register", str(path), kind="customers", as_json=True, stdout=out)
    assert json.loads(out.getvalue())["state"] == "known"
    with acting_as_service("test"):
        assert ImportRun.objects.filter(kind="customers").count() == 1


def test_a_changed_row_is_logged_with_old_and_new_and_an_empty_cell_overwrites_nothing(write: Any) -> None:
    run(write(CUSTOMERS), "customers")
    changed = "asiakasnumero;sukunimi;etunimet;puhelin;sähköposti\n200001;Äijälä;Maija;;uusi@example.org\n"
    report = run(write(changed), "customers")
    assert report["counts"] == {"created": 0, "updated": 1, "unchanged": 0, "refused": 0}
    with acting_as_service("test"):
        maija = Customer.objects.get(number="200001")
        assert (maija.email, maija.phone) == ("uusi@example.org", "+358401234567")
        entry = LogEntry.objects.filter(object_pk=str(maija.pk)).latest("id")
        assert entry.changes == {"email": ["maija@example.org", "uusi@example.org"]}


def test_the_preview_is_the_run_rolled_back(write: Any) -> None:
    report = run(write(CUSTOMERS), "customers", dry_run=True)
    assert report["counts"]["created"] == 2
    with acting_as_service("test"):
        assert not Customer.objects.exists()
        assert ImportRun.objects.get(pk=report["run"]).state == "previewed"


def test_one_bad_row_keeps_the_whole_file_out_and_is_named(write: Any, tmp_path: Path) -> None:
    bad = CUSTOMERS + "200003;henkilö;Matti;;;;010190-999A;12;ei-osoite;;\n200001;henkilö;A;B;;;;;;;\n"
    errors = tmp_path / "errors.csv"
    report = run(write(bad), "customers", errors=errors)
    assert report["status"] == 1
    assert report["counts"]["refused"] == 2  # rows, of which one has three faults
    assert {row for row, _column, _code in codes(report)} == {4, 5}
    assert (5, "", "twice-in-file") in codes(report)
    assert {column for row, column, _code in codes(report) if row == 4} == {"identity_code", "phone", "email"}
    with acting_as_service("test"):
        assert not Customer.objects.exists()
        assert ImportFault.objects.filter(run_id=report["run"]).count() == 4
    rows = list(csv.reader(errors.read_text(encoding="utf-8").splitlines(), delimiter=";"))
    assert rows[0][2] == "asiakasnumero"
    assert [row[2] for row in rows[1:]] == ["200003", "200001"]


def test_the_error_file_runs_no_formula(write: Any, tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    run(write("asiakasnumero;sukunimi;puhelin\n=1+1;@sum;-\n"), "customers", errors=errors)
    rows = list(csv.reader(errors.read_text(encoding="utf-8").splitlines(), delimiter=";"))
    assert rows[1][2:] == ["'=1+1", "'@sum", "'-"]


def test_what_the_database_refuses_is_found_row_by_row(write: Any) -> None:
    rows = "".join(f"{300000 + number};Virtanen;\n" for number in range(50))
    twice = rows + "400001;Äijälä;010190-999W\n400002;Äijälä;010190-999W\n"
    report = run(write("asiakasnumero;sukunimi;henkilötunnus\n" + twice), "customers")
    assert codes(report) == {(53, "", "register-refuses")}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfea\x00;\x00b\x00", "UTF-16"),
        ("asiakasnumero;sukunimi\n1;Äijälä\n".encode("latin-1"), "UTF-8"),
        (b"asiakasnumero;sukunimi\n1;\x00\n", "NUL"),
        (b'asiakasnumero;sukunimi\n1;"broken off', "2"),
        (b"", "tyhj"),
        (b"\xd0\xcf\x11\xe0 old excel", ".xls"),
        (b"PK\x03\x04 broken", "XLSX"),
        (b"a;a\n1;2\n", "otsikko"),
    ],
)
def test_a_file_that_is_no_table_meets_a_clear_error(write: Any, content: bytes, words: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(write(content), "customers")
    assert words in str(caught.value)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    packed = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    with packed as archive, archive.open("xl/worksheets/sheet1.xml", "w") as member:
        for _number in range(410):
            member.write(b"0" * 1024 * 1024)
    with pytest.raises(CommandError, match="CSV"):
        run(path, "customers")


def test_a_workbook_goes_in_like_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["asiakasnumero", "sukunimi", "etunimet", "asiakas alkaen"])
        sheet.write_row(1, 0, [200009, "Koivu", "Veikko"])
        sheet.write_datetime(1, 3, date(2020, 5, 4), book.add_format({"num_format": "d.m.yyyy"}))
    assert run(path, "customers")["counts"]["created"] == 1
    with acting_as_service("test"):
        assert Customer.objects.get(number="200009").relationship_started_on == date(2020, 5, 4)


def test_a_mapping_is_remembered_by_its_name(write: Any) -> None:
    run(write("nro;kuka\n1;Koivu\n"), "customers", mapping="vanha", column=["number=nro", "family_name=kuka"])
    report = run(write("nro;kuka\n2;Leppä\n"), "customers", mapping="vanha")
    assert report["counts"]["created"] == 1
    with acting_as_service("test"):
        assert ColumnMapping.objects.get(name="vanha").columns == {"number": "nro", "family_name": "kuka"}


@pytest.mark.item("S01")
@pytest.mark.item("S12")
@pytest.mark.item("S17")
@pytest.mark.item("C11")
@pytest.mark.item("C12")
def test_sites_go_in_with_their_connections(write: Any) -> None:
    assert run(write(SITES), "sites")["counts"]["created"] == 2
    with acting_as_service("test"):
        electric = ElectricityConnection.objects.get(identifier="L1")
        assert (electric.main_fuse, electric.controller_id, electric.site.gsrn) == ("3×25 A", 2, gsrn(91))
        assert HeatConnection.objects.get(identifier="K1").controller_id == 1
        assert Site.objects.get(gsrn=gsrn(91)).address_key == "puijonkatu 1 70100 kuopio"


@pytest.mark.item("S11")
@pytest.mark.item("S21")
@pytest.mark.item("S23")
def test_meters_go_in_and_two_in_one_place_are_refused(write: Any) -> None:
    run(write(SITES), "sites")
    head = "mittarin numero;käyttöpaikka;mittaustapa;etusulake;lat;lon;asennettu;poistettu\n"
    good = f"M1;{gsrn(91)};15 min;35;62,8924;27,677;1.5.2015;1.5.2020\nM2;{gsrn(91)};15 min;35;;;1.5.2020;\n"
    assert run(write(head + good), "meters")["counts"]["created"] == 2
    with acting_as_service("test"):
        assert Meter.objects.get(number="M1").removed_on == date(2020, 5, 1)
    overlap = f"M3;{gsrn(91)};15 min;;;;1.1.2021;\nM4;{gsrn(93)};15 min;;;;1.1.2021;\n"
    assert codes(run(write(head + overlap), "meters")) == {
        (2, "", "register-refuses"),
        (3, "gsrn", "unknown-site"),
    }


@pytest.mark.item("C09")
@pytest.mark.item("C13")
@pytest.mark.item("S06")
@pytest.mark.item("S03")
def test_contracts_go_in_with_holders_product_home_and_the_relationship(write: Any) -> None:
    run(write(CUSTOMERS), "customers")
    run(write(SITES), "sites")
    with acting_as_service("test"):
        FACTORIES[Product](code="YS", line="network")
    assert run(write(CONTRACTS), "contracts")["counts"]["created"] == 1
    with acting_as_service("test"):
        contract = Contract.objects.get(number="V1")
        assert contract.controller_id == 2
        assert {holder.customer.number for holder in contract.holders.all()} == {"200001", "200002"}
        assert ContractProduct.objects.get(contract=contract).product.code == "YS"
        assert HomeDetails.objects.get(contract=contract).estimate_kwh_year == 18000
        for part in (contract.products.get(), contract.home):
            entry = LogEntry.objects.get(content_type__model=part._meta.model_name, object_pk=str(part.pk))
            assert entry.controller_id == contract.controller_id
        maija = Customer.objects.get(number="200001")
        assert (maija.relationship_started_on, maija.relationship_ended_on) == (date(2014, 3, 1), date(2024, 3, 1))
    with acting(actor=Actor.staff("x"), scope=Scope.staff(controllers=(1,))):
        assert not LogEntry.objects.filter(content_type__model__in=["contractproduct", "homedetails"]).exists()
    again = f"V2;200001;{gsrn(91)};siirto;1.3.2024;;YS;4,12;12,50;;;\n"
    run(write(CONTRACTS.splitlines(keepends=True)[0] + again), "contracts")
    with acting_as_service("test"):
        assert Customer.objects.get(number="200001").relationship_ended_on is None


@pytest.mark.item("C14")
@pytest.mark.item("O04")
@pytest.mark.clause("G3")
@pytest.mark.clause("R5")
def test_prohibitions_stand_for_whoever_has_the_address(write: Any) -> None:
    run(write(CUSTOMERS), "customers")
    report = run(write("puhelin;lähde\n040 123 4567;Robinson\n0441112223;Robinson\n"), "prohibitions")
    assert report["counts"] == {"objections": 4, "prohibited": 1, "refused": 0}
    with acting_as_service("test"):
        rows = MarketingPermission.objects.filter(customer__number="200001", ended_at__isnull=True)
        assert {(row.channel, row.is_allowed, row.ground) for row in rows} == {
            ("phone", False, "statute"),
            ("sms", False, "statute"),
        }
        assert Suppression.objects.count() == 4


def test_the_page_for_users_names_every_column() -> None:
    call_command("imports_doc", check=True)


def test_two_gigabytes_of_nothing_are_refused_at_once_and_take_no_memory(tmp_path: Path) -> None:
    path = written(tmp_path, "asiakasnumero;sukunimi\n")
    with path.open("r+b") as stream:
        stream.truncate(2 << 30)  # a sparse file: its bytes are NUL and take no disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CommandError, match="NUL"):
        run(path, "customers")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_line_without_an_end_is_refused(write: Any) -> None:
    with pytest.raises(CommandError):
        run(write(b"asiakasnumero;sukunimi\n1;" + b"x" * (4 << 20)), "customers")


@pytest.mark.parametrize("content", [b"<html><table><tr>", b"\xef\xbb\xbf<?xml version='1.0'?>", b"%PDF-1.7"])
def test_what_only_bears_the_name_of_a_table_is_named(write: Any, content: bytes) -> None:
    with pytest.raises(CommandError, match=r"verkkosivu|XLSX"):
        run(write(content, "table.csv"), "customers")


def test_a_workbook_of_another_kind_and_a_table_of_another_kind_are_named(write: Any, tmp_path: Path) -> None:
    other = tmp_path / "letter.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(CommandError, match="XLSX"):
        run(other, "customers")
    assert codes(run(write(SITES), "customers")) == {(1, "", "missing-column")}


def test_a_workbook_that_names_the_last_cell_of_the_sheet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "asiakasnumero")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(CommandError, match=r"CSV|XLSX"):
        run(path, "customers")


def test_the_command_keeps_what_went_in_encrypted_and_nothing_of_a_rehearsal_or_a_refusal(
    write: Any, settings: Any, tmp_path: Path
) -> None:
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    run(write(CUSTOMERS), "customers", dry_run=True)
    run(write("asiakasnumero;sukunimi;sähköposti\n1;Koivu;ei-osoite\n"), "customers")
    assert list(stored_names()) == []
    report = run(write(CUSTOMERS, "asiakkaat.csv"), "customers")
    with acting_as_service("test"):
        source = ImportSource.objects.get()
        assert (str(source.run_id), source.name, file_of(source).read()) == (
            report["run"],
            "asiakkaat.csv",
            CUSTOMERS.encode(),
        )
    assert list(stored_names()) == [source.stored_as]
    run(write(CUSTOMERS), "customers")
    assert list(stored_names()) == [source.stored_as]


def workbook(folder: Path, *rows: tuple[Any, ...]) -> Path:
    path = folder / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return path


def test_a_workbook_that_keeps_codes_as_numbers_gets_its_zeros_back_or_is_told_why(tmp_path: Path) -> None:
    headings = ("asiakasnumero", "laji", "sukunimi", "puhelin", "postinumero", "maa")
    rows = [(200001, "henkilö", "Äijälä", 401234567, 100, "FI"), (200002, "henkilö", "Aho", "", 2100, "DK")]
    assert run(workbook(tmp_path, headings, *rows), "customers")["status"] == 0
    with acting_as_service("test"):
        made = list(Customer.objects.order_by("number").values_list("postal_code", "phone"))
    assert made == [("00100", "+358401234567"), ("2100", "")]
    sites = ("käyttöpaikka", "katuosoite", "postinumero")
    report = run(workbook(tmp_path, sites, (float(gsrn(91)), "Puijonkatu 1", 70100)), "sites")
    assert "tekstinä" in report["faults"][0]["why"]


def test_the_report_names_the_import_by_which_it_is_undone(tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("import_register", str(written(tmp_path, CUSTOMERS)), kind="customers", stdout=out)
    with acting_as_service("test"):
        assert str(ImportRun.objects.get().pk) in out.getvalue()
