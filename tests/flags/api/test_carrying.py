"""A project as a file by the management API: out by whoever sees it, in by its admins, whole or not at all."""

from typing import Any

import pytest

from flags.carrying import reading
from flags.models import Flag
from tenants.models import Environment, Project, User
from tests.tenants.api.conftest import SHOP, person, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(checkout: Flag, production: Environment, bob: User) -> Any:
    answer = person(bob).get(f"{SHOP}/export")

    assert answer["Content-Disposition"] == 'attachment; filename="acme-shop.json"'
    return answer.json()


def test_out_tried_and_in(document: Any, ada: User) -> None:
    document["flags"] += [{"key": "new", "states": {"production": {"enabled": True}}}]
    caller = person(ada)

    tried = caller.post(f"{SHOP}/import?dry_run=true", document)
    assert tried.status_code == 200, tried.content
    assert not Flag.objects.filter(key="new").exists()
    done = caller.post(f"{SHOP}/import", document | {"comment": "From Git"})

    assert done.json() == tried.json() | {"dry_run": False}
    assert done.json()["flags"] == {"made": 1, "changed": 0, "left": 1}
    assert Flag.objects.get(key="new").configs.get().enabled


def test_who_may(document: Any, vera: User, bob: User, charlie: User) -> None:
    for somebody in (vera, bob):
        assert person(somebody).post(f"{SHOP}/import", document).status_code == 403
    for path in ("export", "import"):
        assert person(charlie).get(f"{SHOP}/{path}").status_code == 404
    assert person(charlie).post(f"{SHOP}/import", document).status_code == 404


def test_what_is_wrong_is_named_and_nothing_is_half_done(
    document: Any, shop: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = person(ada)

    def refused(changed: Any, path: str = "") -> str:
        answer = caller.post(f"{SHOP}/import{path}", changed)
        return str(problem_of(answer, 400)["errors"])

    fault = {"key": "bad", "states": {"production": {"fallthrough": {"variant": "purple"}}}}
    assert "flags[2].states.production.fallthrough" in refused(
        document | {"flags": [*document["flags"], {"key": "good"}, fault]}
    )
    assert "dry_run" in refused(document, "?dry_run=perhaps")
    monkeypatch.setattr(reading, "MOST_IN_A_REQUEST", 2)
    assert "holds 3 things" in refused(document | {"flags": [{"key": "a"}, {"key": "b"}]})
    assert list(Flag.objects.values_list("key", flat=True)) == ["checkout"]
