"""Login at a provider that speaks OpenID Connect, in Chromium: in and out, expired, wrong role, two people at once."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import oidc_provider_mock
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.web.server.starlette import starlette_app_utils

from data import audit, state
from tests.browser.conftest import SIZES, copied, served, settled, shoot

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=30_000)  # milliseconds: a login goes through two servers
LINK = "data?table=sales&from=kept"
SECRET = "a secret of forty letters, for these tests alone"
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@example.com", "name": "Ada", "groups": ["staff", "Vigie admins"]},
    "vic": {"email": "vic@example.com", "name": "Vic", "groups": ["staff"]},
    "eve": {"email": "eve@elsewhere.com", "name": "Eve", "groups": []},
}


@pytest.fixture(scope="module")
def team(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address and the home of a server that asks people to log in."""
    home = tmp_path_factory.mktemp("team")
    copied(trained_home, home)
    with oidc_provider_mock.run_server_in_thread() as provider:
        issuer = f"http://localhost:{provider.server_port}"
        for sub, claims in PEOPLE.items():
            body = json.dumps(claims | {"email_verified": True}).encode()
            url, kind = f"{issuer}/users/{quote(sub)}", {"Content-Type": "application/json"}
            urllib.request.urlopen(urllib.request.Request(url, body, kind, method="PUT"), timeout=10)
        secrets = home / "secrets.toml"
        secrets.write_text(
            f'[auth]\nredirect_uri = "http://localhost:{{port}}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
            f'client_id = "vigie"\nclient_secret = "x"\n'
            f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
        )
        roles = {"VIGIE_ROLE_CLAIM": "groups", "VIGIE_ADMINS": "vigie admins", "VIGIE_VIEWERS": "staff"}
        with served(home, {**roles, "STREAMLIT_SECRETS_FILES": str(secrets)}) as address:
            yield address, home


@contextmanager
def visitor(browser: Browser, address: str, path: str = "") -> Iterator[Page]:
    """Somebody who has opened a page and meets the door."""
    context = browser.new_context(viewport=SIZES["desktop"], locale="en-GB")
    context.route("**/cdn.jsdelivr.net/**", lambda route: route.abort())  # looks of the provider
    page = context.new_page()
    page.goto(f"{address}/{path}")
    yield page
    context.close()


def log_in(page: Page, sub: str, back: str = "/?lang=en") -> None:
    """Log in as somebody, and come back to the page that was asked for."""
    page.get_by_role("button", name="Log in").click()
    page.locator("input[name=sub]").fill(sub)
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.wait_for_url(f"**{back}")


def test_two_people_each_do_what_their_role_lets_them(chromium: Browser, team: tuple[str, Path]) -> None:
    address, home = team
    begun = datetime.now(UTC)  # the home may have been used without a login
    with visitor(chromium, address, "data") as vic, visitor(chromium, address, LINK) as ada:
        expect(vic.get_by_role("button", name="Log in")).to_be_visible()
        expect(vic.get_by_test_id("stSidebarNavLink")).to_have_count(0)
        assert "Telco" not in vic.content()
        shoot(vic, "login")
        log_in(vic, "vic", "/data?lang=en")
        settled(vic)
        expect(vic.get_by_text(re.compile("vic.?@example.com"))).to_be_visible()
        links = vic.get_by_test_id("stSidebarNavLink")
        hrefs = {str(one.get_attribute("href")).rpartition("/")[2] for one in links.all()}
        assert {"sales-overview", "boards"} <= hrefs
        assert not hrefs & {"data", "act-orders", "monitoring-changes", "monitoring-retraining"}
        log_in(ada, "ada", f"/{LINK}&lang=en")
        settled(ada)
        ada.get_by_role("button", name="Use", exact=True).first.click()
        expect(ada.get_by_text("The pages now show this dataset.")).to_be_visible()
        for path in ("data", "monitoring-changes"):  # by their address
            vic.goto(f"{address}/{path}")
            settled(vic)
            expect(vic.get_by_text("This page is for the role")).to_be_visible()
            expect(vic.locator(".stMain .stDataFrame")).to_have_count(0)
        vic.goto(f"{address}/boards")
        settled(vic)
        expect(vic.locator(".stMain").get_by_text("Edit", exact=True)).to_have_count(0)
        ada.goto(f"{address}/monitoring-changes?lang=en")
        settled(ada)
        shoot(ada, "changes")
    rows = audit.read(state.engine(f"sqlite:///{home / 'vigie.db'}"), begun)
    people = rows[rows["role"] != "system"]
    assert set(people["person"]) == {"ada@example.com"}, people.to_string()
    assert people[["action", "what"]].to_numpy().tolist() == [["show", "sales"]]


def test_out_again_and_who_has_no_role(chromium: Browser, team: tuple[str, Path]) -> None:
    address, _home = team
    with visitor(chromium, address) as page:
        log_in(page, "eve")
        expect(page.get_by_text("have no role here")).to_be_visible()
        expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
        page.get_by_role("button", name="Log out").click()
        page.locator("form button[type=submit]").first.click()  # the provider's
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        assert not [one for one in page.context.cookies() if one["name"].startswith("_streamlit_user") and one["value"]]


@pytest.mark.parametrize(
    ("secret", "hours", "said"), [(SECRET, 13, "has ended"), ("another secret, forged", 1, "Log in to")]
)
def test_an_old_cookie_and_a_forged_one_open_nothing(
    chromium: Browser, team: tuple[str, Path], secret: str, hours: float, said: str
) -> None:
    address, _home = team
    claims = PEOPLE["ada"] | {"is_logged_in": True, "origin": address, "provider": "default"}
    claims["iat"] = time.time() - 3600 * hours
    value = starlette_app_utils.create_signed_value(secret, "_streamlit_user", json.dumps(claims))
    context = chromium.new_context(locale="en-GB")
    context.add_cookies([{"name": "_streamlit_user", "value": value.decode("latin-1"), "url": address}])
    page = context.new_page()
    page.goto(f"{address}/data")
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
    context.close()
