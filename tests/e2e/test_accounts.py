"""Signing in with a password, a second factor and a lock; people who are invited; what administrators see."""

from __future__ import annotations

import base64
import hmac
import re
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewContext, Watch, go, sign_in
from tests.e2e.looking import NARROW, barriers, settle, sideways
from tests.e2e.served import API, Server

PASSWORD = "seven green tortoises"
OWNER = "owner@example.org"
STEP_S = 30


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose owner has a password, where anybody may make an account."""
    running = Server(tmp_path_factory.mktemp("house"), {"TIMELINE_AUTH__OPEN_REGISTRATION": "true"})
    claim(running)
    yield running
    running.close()


def claim(server: Server) -> None:
    """Give the owner an address and a password."""
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True, "home_zone": "Europe/Amsterdam", "name": "Ana"})
        client.patch(f"{API}/users/me", {"email": OWNER})
        client.post(f"{API}/auth/password", {"new_password": PASSWORD})


def origin(server: Server) -> str:
    return "/".join(server.address().split("/", 3)[:3])


def member(server: Server, role: str = "member") -> str:
    """A new account with PASSWORD; its address."""
    address = f"{role}-{uuid4().hex[:8]}@example.org"
    with server.client() as client:
        client.post(f"{API}/admin/users", {"email": address, "name": "Miguel", "password": PASSWORD, "role": role})
    return address


def fill_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def enter(context_of: NewContext, server: Server, email: str) -> Page:
    """A page signed in with the password, in a browser of its own, past the first steps."""
    page = context_of().new_page()
    page.goto(origin(server))
    fill_in(page, email)
    home(page)
    return page


def home(page: Page) -> None:
    """Wait until one is in; a new account is greeted by the first steps."""
    greeting = re.compile("This is yours|Timeline|Your timeline")
    expect(page.get_by_role("heading", name=greeting, level=1)).to_be_attached()


def row(page: Page, title: str) -> Locator:
    return page.locator(".setting-line").filter(has_text=title)


def code_of(secret: str) -> str:
    """What an authenticator shows now (RFC 6238)."""
    counter = int(time.time()) // STEP_S
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{int.from_bytes(digest[at : at + 4], 'big') % 2**31 % 10**6:06}"


def test_the_owner_signs_in_with_a_password(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("401")
    page = new_context().new_page()
    page.goto(origin(house) + "/timeline")
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    fill_in(page, OWNER, "not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    home(page)
    go(page, "/settings")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("401")
    email = member(house)
    page = enter(new_context, house, email)
    go(page, "/settings/security")
    row(page, "Second factor").get_by_role("button", name="Set up").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    secret = dialog.locator("code").first.inner_text().replace(" ", "")
    dialog.get_by_label("Code from your app").fill(code_of(secret))
    dialog.get_by_role("button", name="Switch on").click()
    listed = dialog.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(listed).to_have_count(10)
    codes = listed.all_inner_texts()
    dialog.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("On. Signing in also asks for a code.")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    fill_in(page, email)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Continue").click()
    home(page)


def test_whoever_is_invited_makes_an_account(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("401")
    admin = sign_in(new_context(), house)
    go(admin, "/admin/invitations")
    admin.get_by_role("button", name="Invite somebody").click()
    admin.get_by_role("button", name="Make the link").click()
    link = admin.get_by_label("Invitation link").input_value()
    page = new_context().new_page()
    page.goto(origin(house) + "/register#" + link.partition("#")[2])
    expect(page.get_by_text("You were invited.")).to_be_visible()
    assert "#" not in page.url
    email = f"cleo-{uuid4().hex[:8]}@example.org"
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("heading", name="Your account is ready")).to_be_visible()
    page.get_by_role("link", name="To sign-in").click()
    fill_in(page, email)
    home(page)
    go(admin, "/admin/users")
    expect(admin.get_by_text(email)).to_be_visible()


def test_the_app_lock_asks_after_the_ticket(
    new_context: NewContext, watch: Watch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    watch.expects("401|403")
    watch.expects_an_end()
    server = Server(tmp_path_factory.mktemp("locked"))
    try:
        claim(server)
        page = sign_in(new_context(), server)
        go(page, "/settings/security")
        page.get_by_label("Ask for the password when the app opens").click()
        page.get_by_role("dialog").get_by_role("textbox", name="Your password").fill(PASSWORD)
        page.get_by_role("button", name="Switch on").click()
        expect(page.get_by_text("The app lock is on.")).to_be_visible()
        other = new_context().new_page()
        other.goto(server.address())
        expect(other.get_by_text("The app lock is on. Your password opens this timeline.")).to_be_visible()
        other.get_by_role("textbox", name="Password").fill("not the password")
        other.get_by_role("button", name="Unlock").click()
        expect(other.get_by_role("alert")).to_be_visible()
        other.get_by_role("textbox", name="Password").fill(PASSWORD)
        other.get_by_role("button", name="Unlock").click()
        home(other)
    finally:
        server.close()


def test_another_device_is_signed_out_at_once(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("401")
    email = member(house)
    phone, desk = enter(new_context, house, email), enter(new_context, house, email)
    go(desk, "/settings/devices")
    devices = desk.locator("#devices li")
    expect(devices).to_have_count(2)
    devices.filter(has_not_text="This browser").get_by_role("button").click()
    expect(devices).to_have_count(1)
    phone.reload()
    expect(phone.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def test_an_account_is_deleted_by_its_owner_alone(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("401|403")
    email = member(house)
    page = enter(new_context, house, email)
    go(page, "/settings/leaving")
    page.get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type DELETE to confirm").fill("DELETE")
    dialog.get_by_role("textbox", name="Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    fill_in(page, email)
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_member_finds_no_administration(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("401")
    page = enter(new_context, house, member(house))
    go(page, "/admin")
    expect(page.get_by_text("Only administrators of this server can come here.")).to_be_visible()
    go(page, "/settings")
    expect(page.locator("#account")).to_be_visible()
    expect(page.locator("#administration")).to_have_count(0)


def test_an_administrator_changes_a_role_and_reads_of_it(new_context: NewContext, house: Server) -> None:
    email = member(house)
    page = sign_in(new_context(), house)
    go(page, "/admin/users")
    page.get_by_role("listitem").filter(has_text=email).get_by_role("combobox").select_option("viewer")
    expect(page.get_by_text("Miguel has another role now")).to_be_visible()
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Show").select_option("user.role_changed")
    expect(page.get_by_role("rowheader", name="Role changed").first).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("nothing was changed or removed")).to_be_visible()


def test_a_link_of_an_email_that_is_used_up_says_so(new_context: NewContext, watch: Watch, house: Server) -> None:
    watch.expects("40[0-9]|410|422")
    page = new_context().new_page()
    page.goto(origin(house) + "/reset#token=nothing")
    page.get_by_role("textbox", name="New password").fill(PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(origin(house) + "/verify#token=nothing")
    expect(page.get_by_role("alert")).to_be_visible()


DOORS = {"sign-in": "/timeline", "register": "/register#invitation=abc", "reset": "/reset#token=abc"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("door", DOORS)
def test_a_door_has_no_barrier_and_fits_the_smallest_phone(
    new_context: NewContext, watch: Watch, house: Server, door: str, theme: str
) -> None:
    watch.expects("401")
    page = new_context(theme=theme, bypass_csp=True).new_page()
    page.goto(origin(house) + DOORS[door])
    expect(page.get_by_role("textbox", name="Password").or_(page.get_by_label("New password")).first).to_be_visible()
    settle(page)
    assert barriers(page) == []
    assert page.locator("h1").count() == page.locator("main").count() == 1
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    assert sideways(page) <= 0


@pytest.mark.parametrize("part", ["Change the password", "Set up"])
def test_a_dialog_about_the_account_has_no_barrier(
    new_context: NewContext, watch: Watch, house: Server, part: str
) -> None:
    watch.expects("401")
    page = sign_in(new_context(bypass_csp=True), house)
    go(page, "/settings/security")
    page.get_by_role("button", name=part).click()
    expect(page.get_by_role("dialog").get_by_role("textbox").first).to_be_visible()
    settle(page)
    assert barriers(page) == []
