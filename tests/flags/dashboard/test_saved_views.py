"""Saved views: one's own and the project's, as tabs above the list; and who may share, rename and delete them."""

from collections.abc import Callable

import pytest

from flags import services
from flags.models import Flag, SavedView
from flags.services.saved_views import MOST_VIEWS
from tenants.actors import Actor
from tenants.models import AuditEvent, Project, User
from tenants.permissions import NotAllowed, actor_of
from tenants.problems import Conflict, Invalid, TooMany
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST, SHOP

VIEWS = f"{SHOP}/flag-views/"
QUERY = "owner=me&state=production:on"
KEPT = "owner=me&state=production%3Aon"


def test_what_is_looked_for_gets_a_name_and_a_tab(browser: Browser, bob: User, checkout: Flag) -> None:
    client = browser(bob)
    assert "Save view" in client.get(f"{LIST}?{QUERY}").content.decode()
    assert "Save view" not in client.get(LIST).content.decode()

    answer = client.post(VIEWS, {"name": " Mine ", "query": f"{QUERY}&page=2&sort="})

    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?{KEPT}")
    page = client.get(answer["Location"]).content.decode()
    assert f'href="{LIST}?owner=me&amp;state=production%3Aon" aria-current="page">Mine</a>' in page
    assert "Save view" not in page


def test_a_search_by_script_says_which_view_that_is(
    browser: Browser, bob: User, shop: Project, checkout: Flag, as_bob: Actor, htmx: dict[str, str]
) -> None:
    services.save_view(shop, name="Mine", query=KEPT, actor=as_bob)

    found = browser(bob).get(f"{LIST}?{QUERY}", headers=htmx).content.decode()
    other = browser(bob).get(f"{LIST}?owner=me", headers=htmx).content.decode()

    assert 'aria-current="page">Mine</a>' in found
    assert 'hx-swap-oob="true"' in found
    assert 'value="owner=me"' in other


def test_ones_own_is_nobody_elses_and_no_entry_of_the_audit_log(
    browser: Browser, bob: User, ada: User, shop: Project, as_bob: Actor
) -> None:
    before = AuditEvent.objects.count()
    view = services.save_view(shop, name="Mine", query=KEPT, actor=as_bob)

    assert "Mine" not in browser(ada).get(VIEWS).content.decode()
    assert browser(ada).post(f"{VIEWS}{view.id}/", {"name": "Hers"}).status_code == 404
    assert browser(ada).post(f"{VIEWS}{view.id}/delete/").status_code == 404
    with pytest.raises(SavedView.DoesNotExist):
        services.delete_view(view, actor=actor_of(ada))
    assert AuditEvent.objects.count() == before
    assert SavedView.objects.get().name == "Mine"


def test_a_shared_one_is_everybodys_and_is_recorded(browser: Browser, ada: User, vera: User, shop: Project) -> None:
    browser(ada).post(VIEWS, {"name": "On in production", "query": QUERY, "shared": "yes"})
    view = SavedView.objects.get()

    assert "On in production" in browser(vera).get(LIST).content.decode()
    assert f'id="view-{view.id}"' not in browser(vera).get(VIEWS).content.decode()
    browser(ada).post(f"{VIEWS}{view.id}/", {"name": "Live", "shared": "yes"})
    browser(ada).post(f"{VIEWS}{view.id}/delete/")

    told = AuditEvent.objects.filter(verb__startswith="saved_view.").order_by("position")
    assert [event.verb for event in told] == ["saved_view.created", "saved_view.edited", "saved_view.deleted"]
    assert told[1].after == {"name": "Live", "query": KEPT, "shared": True}
    assert not SavedView.objects.exists()


def test_one_is_taken_back_from_everybody(shop: Project, as_ada: Actor, ada: User) -> None:
    view = services.save_view(shop, name="Mine", query=KEPT, shared=True, actor=as_ada)

    services.edit_view(view, name="Mine", shared=False, actor=as_ada)

    assert SavedView.objects.get().user == ada
    assert AuditEvent.objects.filter(verb="saved_view.edited").count() == 1


@pytest.mark.parametrize("role", ["as_bob", "as_vera"])
def test_to_share_takes_whoever_may_edit_the_project(
    role: str, shop: Project, as_ada: Actor, request: pytest.FixtureRequest
) -> None:
    actor = request.getfixturevalue(role)
    shared = services.save_view(shop, name="Shared", query=KEPT, shared=True, actor=as_ada)
    own = services.save_view(shop, name="Own", query=KEPT, actor=actor)

    with pytest.raises(NotAllowed, match=r"project\.edit"):
        services.save_view(shop, name="Also", query=KEPT, shared=True, actor=actor)
    with pytest.raises(NotAllowed, match=r"project\.edit"):
        services.edit_view(own, name="Own", shared=True, actor=actor)
    with pytest.raises(NotAllowed, match=r"project\.edit"):
        services.edit_view(shared, name="Taken", shared=False, actor=actor)
    with pytest.raises(NotAllowed, match=r"project\.edit"):
        services.delete_view(shared, actor=actor)
    assert services.edit_view(own, name="Renamed", shared=False, actor=actor).name == "Renamed"


def test_outsiders_and_keys_save_none(shop: Project, as_charlie: Actor, system: Actor) -> None:
    for actor in (as_charlie, system):
        with pytest.raises(NotAllowed):
            services.save_view(shop, name="Mine", query=KEPT, actor=actor)


def test_a_name_is_there_once_for_each_and_once_for_all(
    browser: Browser, ada: User, shop: Project, as_ada: Actor, as_bob: Actor
) -> None:
    services.save_view(shop, name="Mine", query=KEPT, actor=as_ada)
    services.save_view(shop, name="Mine", query=KEPT, actor=as_bob)
    shared = services.save_view(shop, name="Mine", query=KEPT, shared=True, actor=as_ada)

    with pytest.raises(Conflict, match='a view of yours called "Mine"'):
        services.save_view(shop, name="Mine", query="kind=release", actor=as_ada)
    with pytest.raises(Conflict, match='a shared view called "Mine"'):
        services.save_view(shop, name="Mine", query="kind=release", shared=True, actor=as_ada)
    with pytest.raises(Conflict, match="a view of yours"):
        services.edit_view(shared, name="Mine", shared=False, actor=as_ada)
    page = browser(ada).post(VIEWS, {"name": "Mine", "query": "kind=release"})
    assert page.status_code == 422
    assert "There is a view of yours called" in page.content.decode()


@pytest.mark.parametrize(("name", "query"), [("", KEPT), ("x" * 61, KEPT), ("Bad\nname", KEPT), ("Everything", "")])
def test_a_view_has_a_name_and_looks_for_something(name: str, query: str, shop: Project, as_bob: Actor) -> None:
    with pytest.raises(Invalid):
        services.save_view(shop, name=name, query=query, actor=as_bob)

    assert not SavedView.objects.exists()


def test_there_are_only_so_many(shop: Project, as_bob: Actor, as_ada: Actor, bob: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(organization=shop.organization, project=shop, user=bob, name=f"View {number}", query=KEPT)
        for number in range(MOST_VIEWS)
    )

    with pytest.raises(TooMany, match="30 saved views of yours"):
        services.save_view(shop, name="One more", query=KEPT, actor=as_bob)
    assert services.save_view(shop, name="Hers", query=KEPT, actor=as_ada)


def test_the_empty_page_teaches(browser: Browser, bob: User, shop: Project) -> None:
    assert "No saved views yet" in browser(bob).get(VIEWS).content.decode()


def test_outsider_finds_no_views(browser: Browser, charlie: User, globex: object, shop: Project) -> None:
    assert browser(charlie).get(VIEWS).status_code == 404


Make = Callable[..., Flag]


def test_owner_me_and_nobody(browser: Browser, bob: User, ada: User, a_flag: Make) -> None:
    a_flag("his", owner=bob.email)
    a_flag("hers", owner=ada.email)
    a_flag("nobodys")

    found = {who: browser(bob).get(f"{LIST}?owner={who}").content.decode() for who in ("me", "nobody")}

    assert 'data-flag="his"' in found["me"]
    assert 'data-flag="hers"' not in found["me"]
    assert 'data-flag="nobodys"' in found["nobody"]
    assert 'data-flag="his"' not in found["nobody"]
