"""What is no bank file, is broken or would do harm meets a clear error; nothing of it is kept, memory is bounded."""

import gc
import io
import json
import resource
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from billing.imports.camt import CamtFile
from billing.imports.finvoice import FinvoiceFile
from billing.models import OwnAccount, Payment, PaymentCase
from register.audit.acting import acting_as_service
from register.work.filing import UnableToReadFile
from register.work.models import ImportRun, Job
from tests.billing.camt_text import IBAN, Entry, Paid, camt
from tests.factories import FACTORIES

pytestmark = pytest.mark.django_db

GOOD = camt([Entry([Paid(reference="1232")], reference="E1")])
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def with_doctype(inside: str, use: str = "") -> bytes:
    text = GOOD.decode().replace("<Document", f"<!DOCTYPE Document {inside}><Document", 1)
    return text.replace("Maija Äijälä", f"Maija {use}").encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(with_doctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&x;"), "DOCTYPE", id="a file"),
        pytest.param(with_doctype('[<!ENTITY x SYSTEM "http://127.0.0.1:9/">]', "&x;"), "DOCTYPE", id="the network"),
        pytest.param(with_doctype(f'[<!ENTITY l0 "lol">{LAUGHS}]', "&l9;"), "entite", id="a billion laughs"),
        pytest.param(with_doctype('SYSTEM "http://127.0.0.1:9/a.dtd"'), "DOCTYPE", id="a DTD elsewhere"),
        pytest.param(with_doctype('[<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]'), "", id="a parameter entity"),
        pytest.param(GOOD.replace(b"Maija", b"&nobody;"), "XML", id="an entity of nobody"),
        pytest.param(GOOD[:-40], "katkennut", id="broken off"),
        pytest.param(GOOD[: len(GOOD) // 2], "katkennut", id="broken off in the middle"),
        pytest.param(GOOD.replace("Äijälä".encode(), "Äijälä".encode("latin-1")), "katkennut", id="another encoding"),
        pytest.param(GOOD.replace(b"<Nm>", b"<Nm>\x00"), "katkennut", id="a NUL byte"),
        pytest.param(GOOD.replace(b"camt.054.001.08", b"camt.054.001.99"), "camt.05", id="a version of nobody"),
        pytest.param(GOOD.replace(b"camt.054.001", b"pain.001.001"), "camt.05", id="another message"),
        pytest.param(b"<html><body>x</body></html>", "camt.05", id="a web page"),
        pytest.param(b"%PDF-1.7 x", "XML", id="a PDF"),
        pytest.param(b"PK\x03\x04", "XML", id="a packed file"),
        pytest.param(b"", "XML", id="nothing"),
        pytest.param(b"asiakasnumero;sukunimi\n1;A\n", "XML", id="a table"),
    ],
)
def test_what_is_no_bank_file_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bank.xml"
    path.write_bytes(content)
    assert words in str(refused(path))


def refused(path: Path) -> UnableToReadFile:
    with pytest.raises(UnableToReadFile) as caught:
        list(CamtFile(path))
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b">100.00<", b">-100.00<", "amount"),
        (b">100.00<", b">1e400<", "amount"),
        (b">100.00<", b">NaN<", "amount"),
        (b">100.00<", b">100.001<", "amount"),
        (b">100.00<", b"><", "amount"),
        (b'Ccy="EUR"', b'Ccy=""', "currency"),
        (b"2026-11-20", b"2026-02-30", "day"),
        (b"<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt>", b"", "day"),
    ],
)
def test_a_value_that_cannot_be_right_is_named_by_its_line(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    path = tmp_path / "bank.xml"
    path.write_bytes(GOOD.replace(old, new))
    file = CamtFile(path)
    list(file)
    assert {(fault.code, fault.row_number) for fault in file.faults} == {(code, 3)}


class Endless:
    """A file that is written as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def open(self, mode: str) -> Any:
        pieces = self._pieces

        class Stream(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                return next(pieces, b"")

        return Stream()


def _memory_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize(
    ("filler", "megabytes"),
    [
        (b"x", 1024),
        (b"<a/>", 1024),
        (b"<!-- x -->", 1024),
        (b"<a>", 1024),
        (b'<a b="c"/>', 1024),
        (b"<Bal><Amt/></Bal>", 4),
    ],
)
def test_a_gigabyte_of_one_thing_takes_no_memory(filler: bytes, megabytes: int) -> None:
    start, end = GOOD.split(b"<Ntry>", 1)
    block = filler * ((1 << 16) // len(filler))
    file = Endless(
        piece for part in ([start], (block for _n in range(megabytes << 4)), [b"<Ntry>" + end]) for piece in part
    )
    before = _memory_kb()
    try:
        found = list(CamtFile(file))
    except UnableToReadFile:
        found = []
    assert len(found) <= 1
    assert _memory_kb() - before < 400_000


def held_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


class Watched(Endless):
    """A file that notes how much more memory is held each time a piece of it is read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.most_kb = 0
        super().__init__(self._watch(pieces))

    def _watch(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        gc.collect()
        before = held_kb()
        for piece in pieces:
            self.most_kb = max(self.most_kb, held_kb() - before)
            yield piece


def blocks(filler: bytes, megabytes: int) -> Iterator[bytes]:
    block = filler * ((1 << 16) // len(filler))
    return (block for _n in range(megabytes << 4))


CAMT_HEAD, CAMT_TAIL = GOOD[: GOOD.index(b"<Ntry>")], GOOD[GOOD.index(b"<Ntry>") :]
TO_DETAIL = GOOD[GOOD.index(b"<Ntry>") : GOOD.index(b"<TxDtls>")]


@pytest.mark.parametrize(
    ("start", "filler"),
    [
        pytest.param(CAMT_HEAD, b"<x><Bal/></x>", id="balances in the wrong place"),
        pytest.param(CAMT_HEAD, b"<x><Stmt><Bal/></Stmt></x>", id="statements in the wrong place"),
        pytest.param(CAMT_HEAD + b"<Ntry>", b"<x/><NtryDtls><TxDtls/></NtryDtls>", id="between the details"),
        pytest.param(CAMT_HEAD + b"<x><Ntry>", b"<Bal><Acct/></Bal>", id="an entry in the wrong place"),
        pytest.param(TO_DETAIL.join([CAMT_HEAD, b""]) + b"<TxDtls>", b'<x a="" b="" c=""/>', id="attributes"),
        pytest.param(b"<a>", b"<b/>", id="another root"),
    ],
)
def test_what_cannot_be_let_go_of_is_refused_before_it_takes_memory(start: bytes, filler: bytes) -> None:
    file = Watched(chain([start], blocks(filler, 6), [CAMT_TAIL]))
    with pytest.raises(UnableToReadFile, match="liian suuri"):
        list(CamtFile(file))
    assert file.most_kb < 80_000


@pytest.mark.parametrize(
    "filler",
    [b"<Bal><Amt>1</Amt></Bal>", b"</Stmt><x/><Stmt><Bal/>", b"<x/><Bal/>", b"<Acct><Acct/></Acct>"],
)
def test_what_lies_before_an_end_in_its_place_is_let_go_of(filler: bytes) -> None:
    file = Watched(
        chain([CAMT_HEAD.replace(b"Ntfctn", b"Stmt")], blocks(filler, 6), [CAMT_TAIL.replace(b"Ntfctn", b"Stmt")])
    )
    read = CamtFile(file)
    assert len(list(read)) == 1
    assert file.most_kb < 50_000


def test_an_entry_of_very_many_details_is_read_with_little_memory() -> None:
    begin, rest = CAMT_TAIL.index(b"<NtryDtls>"), CAMT_TAIL.index(b"</NtryDtls>") + len(b"</NtryDtls>")
    detail = CAMT_TAIL[begin:rest] + b"\n"
    file = Watched(chain([CAMT_HEAD, CAMT_TAIL[:begin]], blocks(detail, 6), [CAMT_TAIL[rest:]]))
    read = CamtFile(file)
    assert sum(1 for _found in read) > 10_000
    assert file.most_kb < 50_000


@pytest.mark.parametrize("filler", [b"<x/>", b"<x><Finvoice/></x>", b"<InvoiceRow/>"])
def test_an_invoice_of_nothing_but_elements_is_refused_before_it_takes_memory(filler: bytes) -> None:
    file = Watched(chain([b'<?xml version="1.0"?><Finvoice Version="3.0">'], blocks(filler, 3), [b"</Finvoice>"]))
    before = held_kb()
    with pytest.raises(UnableToReadFile, match="liian suuri"):
        list(FinvoiceFile(file))
    assert held_kb() - before < 100_000


def test_nothing_of_a_file_that_breaks_off_is_kept(tmp_path: Path, settings: Any) -> None:
    settings.REGISTER_FILES_DIR = tmp_path / "files"
    with acting_as_service("test"):
        FACTORIES[OwnAccount](iban=IBAN, controller_id=2)
    path = tmp_path / "bank.xml"
    path.write_bytes(camt([Entry([Paid(reference="1232")] * 3000, reference="E1")])[:-60])
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("import_payments", str(path), as_json=True, stdout=out, stderr=io.StringIO())
    assert end.value.code == 1
    report = json.loads(out.getvalue())["files"][0]
    assert (report["state"], report["faults"][0]["code"]) == ("refused", "unreadable")
    with acting_as_service("test"):
        assert not Payment.objects.exists()
        assert not PaymentCase.objects.exists()
        assert ImportRun.objects.get().state == "refused"
        assert not Job.objects.exists()
