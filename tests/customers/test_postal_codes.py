"""The table of postal codes: filled from the file that comes with the project, again and again."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from customers.models import PostalCode
from customers.postal_codes import known_offices, load_postal_codes

pytestmark = pytest.mark.django_db


@pytest.mark.item("C06")
def test_every_postal_code_has_its_post_office_in_both_languages() -> None:
    count = load_postal_codes()
    assert count == PostalCode.objects.count() > 3_500
    helsinki = PostalCode.objects.get(code="00100")
    assert (helsinki.office_fi, helsinki.office_sv) == ("Helsinki", "Helsingfors")
    assert known_offices()["70100"] == "Kuopio"
    assert not PostalCode.objects.filter(office_fi="").exists()


def test_a_second_load_brings_names_up_to_date_and_adds_none_twice() -> None:
    load_postal_codes()
    PostalCode.objects.filter(code="70100").update(office_fi="Vanha nimi")
    count = load_postal_codes()
    assert count == PostalCode.objects.count()
    assert PostalCode.objects.get(code="70100").office_fi == "Kuopio"


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("postinumero;nimi\n00100;Helsinki\n", encoding="utf-8")
    with pytest.raises(CommandError, match="code, office_fi"):
        call_command("load_postal_codes", file=path)
    assert not PostalCode.objects.exists()
