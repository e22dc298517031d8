"""Staff sign in and find their way, in a real browser: by mouse, by keyboard, light and dark, desk and phone."""

from playwright.sync_api import Page, expect

from tests.harness.committed import CommittedDatabase
from tests.harness.pages import axe_violations, faults_of, overflows
from tests.harness.staff import Staff, make_staff, sign_in

ACCOUNTS = "/staff/identity/account/"
GRANTS = "/staff/identity/rolegrant/"


def pass_all(page: Page, *paths: str) -> None:
    """Open each page; axe finds nothing, the policy holds, nothing is wider than the window."""
    faults = faults_of(page)
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert axe_violations(page) == [], path
        assert not overflows(page), path
    assert faults == []


def test_the_sign_in_page_passes(sheet: Page):
    pass_all(sheet, "/sign-in/")


def test_the_page_of_the_code_passes_with_its_error(sheet: Page, administrator: Staff):
    faults = faults_of(sheet)
    sheet.goto("/sign-in/")
    sheet.get_by_label("Työsähköposti").fill(administrator.account.email)
    sheet.get_by_label("Salasana").fill(administrator.password)
    sheet.get_by_role("button", name="Jatka").click()
    sheet.get_by_label("Kertakoodi tunnistussovelluksesta").fill("000000")
    sheet.get_by_role("button", name="Kirjaudu", exact=True).click()
    expect(sheet.get_by_text("Koodi ei ole oikein")).to_be_visible()
    assert axe_violations(sheet) == []
    assert faults == []


def test_dashboard_lists_and_forms_pass(staff_sheet: Page, administrator: Staff):
    key = administrator.account.pk
    pass_all(
        staff_sheet,
        "/staff/",
        ACCOUNTS,
        f"{ACCOUNTS}?language__exact=fi",
        f"{ACCOUNTS}add/",
        f"{ACCOUNTS}{key}/change/",
        f"{ACCOUNTS}{key}/history/",
        f"{ACCOUNTS}{key}/delete/",
        GRANTS,
        f"{GRANTS}add/",
        "/sign-in/sessions/",
        "/sign-in/password/",
    )


def test_a_form_with_errors_passes_and_its_list_leads_to_the_field(staff_sheet: Page):
    faults = faults_of(staff_sheet)
    staff_sheet.goto(f"{ACCOUNTS}add/")
    staff_sheet.get_by_role("button", name="Tallenna", exact=True).click()
    expect(staff_sheet.get_by_role("alert")).to_contain_text("Ei tallennettu")
    assert axe_violations(staff_sheet) == []
    staff_sheet.get_by_role("alert").get_by_role("link").first.click()
    assert staff_sheet.url.endswith("#id_email")
    assert faults == []


def test_a_field_that_completes_while_one_types_passes_when_open(staff_sheet: Page, administrator: Staff):
    faults = faults_of(staff_sheet)
    staff_sheet.goto(f"{GRANTS}add/")
    assert axe_violations(staff_sheet) == []
    staff_sheet.locator(".select2-selection").click()
    found = staff_sheet.get_by_role("option", name=administrator.account.email)
    expect(found).to_be_visible()
    assert axe_violations(staff_sheet) == []
    found.click()
    expect(staff_sheet.locator("[data-reg-changes]")).to_contain_text("1 tallentamaton muutos")
    assert faults == []


def test_a_form_counts_what_is_not_saved(staff_page: Page):
    staff_page.goto(f"{ACCOUNTS}add/")
    state = staff_page.locator("[data-reg-changes]")
    staff_page.get_by_label("Nimi").fill("Uusi")
    staff_page.get_by_label("Sähköposti").fill("uusi@example.org")
    expect(state).to_contain_text("2 tallentamatonta muutosta")
    staff_page.get_by_label("Nimi").fill("")
    expect(state).to_contain_text("1 tallentamaton muutos")


def test_the_menu_opens_on_a_phone_and_the_own_menu_holds_language_and_way_out(staff_sheet: Page):
    faults = faults_of(staff_sheet)
    is_phone = (staff_sheet.viewport_size or {})["width"] < 1200
    if is_phone:
        staff_sheet.get_by_role("button", name="Avaa valikko").click()
        expect(staff_sheet.get_by_role("dialog", name="Valikko")).to_be_visible()
        staff_sheet.wait_for_timeout(400)
        assert axe_violations(staff_sheet) == []
        staff_sheet.keyboard.press("Escape")
        staff_sheet.wait_for_timeout(400)
    staff_sheet.get_by_role("button", name="Oma valikko").click()
    expect(staff_sheet.get_by_role("button", name="Kirjaudu ulos")).to_be_visible()
    assert axe_violations(staff_sheet) == []
    staff_sheet.get_by_role("button", name="English").click()
    expect(staff_sheet.locator("html")).to_have_attribute("lang", "en")
    assert faults == []


def test_signing_out_leads_to_the_sign_in_and_back_does_not_return(staff_page: Page):
    staff_page.goto(ACCOUNTS)
    staff_page.get_by_role("button", name="Oma valikko").click()
    staff_page.get_by_role("button", name="Kirjaudu ulos").click()
    staff_page.wait_for_url("**/sign-in/")
    staff_page.goto("/staff/")
    staff_page.wait_for_url("**/sign-in/**")


def test_the_keyboard_is_enough(staff_page: Page):
    staff_page.goto(ACCOUNTS)
    staff_page.keyboard.press("Tab")
    skip = staff_page.get_by_role("link", name="Siirry sisältöön")
    expect(skip).to_be_focused()
    staff_page.keyboard.press("Enter")
    expect(staff_page.locator("#main")).to_be_focused()
    staff_page.keyboard.press("?")
    keys = staff_page.get_by_role("dialog", name="Pikanäppäimet")
    expect(keys).to_be_visible()
    assert axe_violations(staff_page) == []
    staff_page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_the_theme_is_chosen_and_stays(staff_page: Page):
    root = staff_page.locator("html")
    before = root.get_attribute("data-bs-theme")
    staff_page.get_by_role("button", name="Vaihda vaalea tai tumma näkymä").click()
    after = root.get_attribute("data-bs-theme")
    assert {before, after} == {"light", "dark"}
    staff_page.goto(ACCOUNTS)
    expect(root).to_have_attribute("data-bs-theme", str(after))


def test_all_works_without_the_frames_script(page: Page, administrator: Staff):
    page.route("**/*.js", lambda route: route.abort())
    sign_in(page, administrator)
    page.goto(f"{ACCOUNTS}?q=testi")
    expect(page.get_by_role("link", name=administrator.account.email)).to_be_visible()


def test_a_newcomer_gets_codes_and_commits_before_anything_else(page: Page, live_server: object):
    person = make_staff(has_factor=False, is_committed=False)
    faults = faults_of(page)
    page.goto("/sign-in/")
    page.get_by_label("Työsähköposti").fill(person.account.email)
    page.get_by_label("Salasana").fill(person.password)
    page.get_by_role("button", name="Jatka").click()
    expect(page.get_by_role("heading", name="Toinen tunniste")).to_be_visible()
    assert axe_violations(page) == []
    secret = page.get_by_label("Avain", exact=True).input_value()
    page.get_by_label("Kertakoodi tunnistussovelluksesta").fill(Staff(person.account, "", secret, []).code())
    page.get_by_role("button", name="Ota käyttöön").click()
    expect(page.get_by_role("heading", name="Varakoodit")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("link", name="Jatka").click()
    expect(page.get_by_role("heading", name="Salassapitositoumus")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_label("Olen lukenut tämän ja sitoudun siihen.").check()
    page.get_by_role("button", name="Sitoudu ja jatka").click()
    expect(page.get_by_role("heading", name="Työpöytä")).to_be_visible()
    assert faults == []


def test_who_was_given_a_password_changes_it_before_anything_else(sheet: Page, committed_db: CommittedDatabase):
    given = make_staff(email="annettu@example.org", password_set_by_other=True)
    faults = faults_of(sheet)
    sheet.goto(ACCOUNTS)
    sheet.get_by_label("Työsähköposti").fill(given.account.email)
    sheet.get_by_label("Salasana").fill(given.password)
    sheet.get_by_role("button", name="Jatka").click()
    sheet.get_by_label("Kertakoodi tunnistussovelluksesta").fill(given.code())
    sheet.get_by_role("button", name="Kirjaudu", exact=True).click()
    expect(sheet.get_by_text("Joku muu valitsi salasanasi")).to_be_visible()
    assert axe_violations(sheet) == []
    assert not overflows(sheet)
    sheet.get_by_label("Nykyinen salasana").fill(given.password)
    sheet.get_by_label("Uusi salasana", exact=True).fill("ihan oma uusi salasana")
    sheet.get_by_label("Uusi salasana uudelleen").fill("ihan oma uusi salasana")
    sheet.get_by_role("button", name="Vaihda salasana").click()
    sheet.wait_for_url(f"**{ACCOUNTS}")
    assert faults == []
