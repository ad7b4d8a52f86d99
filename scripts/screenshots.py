"""Takes the pictures of the README: starts a portal of its own, walks it as a citizen, a clerk and an editor, stops it.

    bin/py scripts/screenshots.py [FOLDER]      (docs/pictures by default)

Every picture is of the running portal; nothing is drawn or arranged by hand.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PORT = 21300
PORTAL, SANDBOX = f"http://localhost:{PORT}", f"http://localhost:{PORT + 1000}"
CARD = "/katalog/sprawy-obywatelskie/zameldowanie-na-pobyt-staly"
FORM = "/formularze/pismo-ogolne"
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}


def main(folder: Path) -> None:
    """Take all pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as var:
        log = Path(var) / "portal.log"
        with log.open("w") as out:
            portal = subprocess.Popen([str(ROOT / "bin" / "boi"), "dev", "--port", str(PORT), "--var", var], stdout=out)
        try:
            wait_until_served(portal)
            walk(folder, password_of(log))
        finally:
            portal.terminate()
            portal.wait(20)


def wait_until_served(portal: subprocess.Popen[bytes]) -> None:
    """:raises SystemExit: it does not come up in two minutes."""
    for _ in range(240):
        if portal.poll() is not None:
            break
        try:
            urllib.request.urlopen(PORTAL, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    sys.exit("the portal did not start")


def password_of(log: Path) -> str:
    """The demo password that `boi dev` printed."""
    found = re.search(r"jan\.testowy\s+(\S+)", log.read_text(encoding="utf-8"))
    if found is None:
        sys.exit("boi dev printed no demo logins")
    return found.group(1)


def walk(folder: Path, password: str) -> None:
    """The ways of the README, a picture at each stop."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        visitor = new_page(browser)
        take(visitor, "/", folder / "home.png")
        take(visitor, CARD, folder / "card.png")
        take(new_page(browser, phone=True), "/", folder / "home-phone.png")
        take(new_page(browser, dark=True), CARD, folder / "card-dark.png")
        citizen(new_page(browser), folder, password)
        clerk(new_page(browser), folder, password)
        editor(new_page(browser), folder, password)
        browser.close()


def new_page(browser: Browser, *, phone: bool = False, dark: bool = False) -> Page:
    """A visitor of his own."""
    context = browser.new_context(
        base_url=PORTAL, viewport=PHONE if phone else WIDE, color_scheme="dark" if dark else "light",
        reduced_motion="reduce", accept_downloads=True,
    )  # fmt: skip
    return context.new_page()


def take(page: Page, path: str, target: Path) -> None:
    """A picture of what the window shows at `path`; of the present page where `path` is empty."""
    if path:
        page.goto(path)
    page.evaluate("document.fonts.ready.then(() => scrollTo(0, 0))")
    page.screenshot(path=target)
    print(target)


def sign_in(page: Page, login: str, password: str) -> None:
    """Sign in on the home page."""
    page.goto("/")
    main = page.get_by_role("main")
    main.get_by_label("Login lub e-mail").fill(login)
    main.locator("input[type=password]").fill(password)
    main.get_by_role("button", name="Zaloguj się", exact=True).click()


def citizen(page: Page, folder: Path, password: str) -> None:
    """Fill in, sign and file a form; look at the case."""
    sign_in(page, "jan.testowy", password)
    page.goto(FORM)
    page.get_by_role("button", name="Wypełnij formularz").click()
    for step in range(12):
        if page.url.endswith("/sprawdz"):
            break
        answer(page)
        if step == 1:
            take(page, "", folder / "form.png")
        page.get_by_role("button", name="Dalej", exact=True).click()
    main = page.get_by_role("main")
    to_sign = re.compile("podpis", re.I)
    main.get_by_role("link", name=to_sign).or_(main.get_by_role("button", name=to_sign)).first.click()
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile("Pobierz dokument")).click()
    form = {
        "dokument": {"name": "dokument.xml", "mimeType": "application/xml", "buffer": saved.value.path().read_bytes()},
        "osoba": "68031499952",
        "stan": "wazny",
    }
    signed = page.request.post(f"{SANDBOX}/podpis", multipart=form).body()
    page.locator("main input[type=file]").set_input_files(
        {"name": "dokument-podpisany.xml", "mimeType": "application/xml", "buffer": signed}
    )
    page.get_by_role("button", name="Wyślij do urzędu").click()
    take(page, "", folder / "case.png")


def answer(page: Page) -> None:
    """Answer what is required and still empty."""
    main = page.get_by_role("main")
    for group in {radio.get_attribute("name") for radio in main.locator("input[type=radio]:visible").all()}:
        if not main.locator(f"input[type=radio][name='{group}']:checked").count():
            main.locator(f"input[type=radio][name='{group}']").first.check()
    for box in main.locator("input[type=checkbox]:visible").all():
        box.check()
    for box in main.locator("select:visible").all():
        box.select_option(index=1)
    for box in main.locator("input.input:visible:not([type=file]), textarea:visible").all():
        label = main.locator(f"label[for='{box.get_attribute('id')}']").first.inner_text()
        if "wymagane" in label and not box.input_value():
            box.fill("Proszę o naprawę oświetlenia przy ul. Źródlanej.")


def clerk(page: Page, folder: Path, password: str) -> None:
    """The desk of the department that the letter went to."""
    sign_in(page, "urzednik.or", password)
    time.sleep(2)  # the worker puts filings on the desk within two seconds
    take(page, "/urzad", folder / "desk.png")


def editor(page: Page, folder: Path, password: str) -> None:
    """Editing a card."""
    sign_in(page, "redaktor", password)
    page.goto(CARD)
    page.get_by_role("link", name="Edytuj", exact=True).click()
    take(page, "", folder / "editing.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
