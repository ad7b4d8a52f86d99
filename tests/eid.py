"""The portal and the identity providers' stand-in as two sites over real HTTP, and a browser that goes between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from bs4 import BeautifulSoup

from boi_portal.sandbox.identity import site
from tests.portals import TestPortal
from tests.serving import served


class Late:
    """An application that is made when its address is known."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


@contextmanager
def two_sites(portal: TestPortal, slowness: float = 0) -> Iterator[tuple[str, str]]:
    """The addresses of the portal (`localhost`) and of the stand-in (`127.0.0.1`): for a browser two sites."""
    late = Late()
    with served(portal.app) as numeric, served(late) as wezel:
        url = numeric.replace("127.0.0.1", "localhost")
        late.app = site.make_app(portal.var / "sandbox", wezel, url, slowness)
        yield url, wezel


class Browser:
    """A browser without scripts: keeps each site's cookies apart, sends `Origin`, follows redirects, fills in forms."""

    def __init__(self, portal: str, wezel: str) -> None:
        self.portal, self.wezel = portal, wezel
        self.session = requests.Session()
        self.session.trust_env = False
        self.page: requests.Response

    def open(self, path: str) -> requests.Response:
        """Go to an address of the portal."""
        self.page = self.session.get(urljoin(self.portal, path), timeout=20)
        return self.page

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.page.content, "html.parser")

    @property
    def h1(self) -> str:
        return self.soup.h1.get_text(" ", strip=True)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", self.soup.get_text(" "))

    def send(self, action: str, button: str = "", **values: Any) -> requests.Response:
        """Send the form whose address holds `action`, with what it holds and `values`."""
        form = next(form for form in self.soup.find_all("form") if action in (form.get("action") or self.page.url))
        waiting, fields = dict(values), []
        for field in form.find_all("input"):
            name = field.get("name")
            if name in waiting:  # the first field of that name; what comes later under it is another group's
                fields.append((name, waiting.pop(name)))
            elif name not in values or field.get("type") not in ("radio", "checkbox"):
                fields += [(name, field.get("value", ""))] if _is_sent(field) else []
        fields += list(waiting.items())
        if button:
            fields.append((button, button))
        target = urljoin(self.page.url, form.get("action") or "")
        here = urlsplit(self.page.url)
        headers = {"Origin": f"{here.scheme}://{here.netloc}"}
        self.page = self.session.post(target, fields, headers=headers, timeout=60)
        return self.page

    # the stories' steps

    def to_wezel(self, back: str = "") -> None:
        """From the sign-in page to the page where one picks a person."""
        self.open(f"/logowanie{f'?powrot={back}' if back else ''}")
        self.send("/saml/wejscie/wezel")
        self.send("SingleSignOnService")

    def pick(self, citizen: str = "jan", level: str = "substantial", mischief: str = "") -> requests.Response:
        """Pick a person there and come back."""
        self.send("/login/wybor", button="zaloguj", osoba=citizen, poziom=level, psota=mischief)
        return self.send("/saml/odpowiedz")

    def sign_in(self, citizen: str = "jan", mischief: str = "", back: str = "") -> requests.Response:
        """The whole way."""
        self.to_wezel(back)
        return self.pick(citizen, mischief=mischief)

    def switch(self, *mischiefs: str) -> None:
        """Turn mischiefs on at the stand-in, all others off."""
        requests.post(
            f"{self.wezel}/psoty", data=[("psota", name) for name in mischiefs], timeout=20
        ).raise_for_status()


def _is_sent(field: Any) -> bool:
    if not field.get("name") or field.get("type") in ("submit", "file"):
        return False
    return field.get("type") not in ("radio", "checkbox") or field.has_attr("checked")
