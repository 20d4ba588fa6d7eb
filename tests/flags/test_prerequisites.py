"""What a flag depends on exists, never goes in a circle, and not too deep."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Fault, Invalid

Configured = Callable[..., FlagConfig]


def needs(key: str, *variants: str) -> dict[str, Any]:
    return {"flag": key, "variants": list(variants or ("on",))}


def refusal_of(configured: Configured, flag: Flag, condition: object) -> list[Fault]:
    with pytest.raises(Invalid) as refused:
        configured(flag, prerequisites=condition)
    return list(refused.value.faults)


def test_flag_may_depend_on_another(a_flag: Callable[..., Flag], configured: Configured) -> None:
    a_flag("payments")

    config = configured(a_flag("checkout"), prerequisites={"all": [needs("payments")]})

    assert config.prerequisites == {"all": [needs("payments")]}


def test_unknown_parent_is_named_with_the_nearest_flag(a_flag: Callable[..., Flag], configured: Configured) -> None:
    a_flag("payments")

    (fault,) = refusal_of(configured, a_flag("checkout"), {"all": [needs("payment")]})

    assert fault.path == "prerequisites.all[0].flag"
    assert 'no flag "payment"' in fault.message
    assert 'did you mean "payments"?' in fault.message


def test_unknown_variant_of_the_parent_is_named(a_flag: Callable[..., Flag], configured: Configured) -> None:
    a_flag("payments")

    (fault,) = refusal_of(configured, a_flag("checkout"), {"not": needs("payments", "on", "blue")})

    assert fault.path == "prerequisites.not.variants[1]"
    assert '"payments" has no variant "blue"' in fault.message


def test_archived_parent_is_refused(a_flag: Callable[..., Flag], configured: Configured, system: Actor) -> None:
    services.archive_flag(a_flag("payments"), actor=system)

    (fault,) = refusal_of(configured, a_flag("checkout"), needs("payments"))

    assert fault == Fault("prerequisites.flag", 'the flag "payments" is archived; unarchive it first')


def test_flag_cannot_depend_on_itself(checkout: Flag, configured: Configured) -> None:
    (fault,) = refusal_of(configured, checkout, needs("checkout"))

    assert fault == Fault("prerequisites", "prerequisites must not go in a circle: checkout → checkout")


def test_circle_is_named(a_flag: Callable[..., Flag], configured: Configured, shop: Project, system: Actor) -> None:
    services.set_prerequisite_depth(shop, 5, actor=system)
    a, b, c = (a_flag(key) for key in "abc")
    configured(a, prerequisites=needs("b"))
    configured(b, prerequisites=needs("c"))

    (fault,) = refusal_of(configured, c, needs("a"))

    assert fault.message == "prerequisites must not go in a circle: c → a → b → c"


def test_circle_longer_than_the_allowed_depth_is_still_called_a_circle(
    a_flag: Callable[..., Flag], configured: Configured
) -> None:
    a, b = a_flag("a"), a_flag("b")
    configured(a, prerequisites=needs("b"))

    (fault,) = refusal_of(configured, b, needs("a"))

    assert fault.message == "prerequisites must not go in a circle: b → a → b"


def test_by_default_a_flag_depends_on_core_flags_only(a_flag: Callable[..., Flag], configured: Configured) -> None:
    payments, checkout, express = a_flag("payments"), a_flag("checkout"), a_flag("express")
    configured(checkout, prerequisites=needs("payments"))

    (below,) = refusal_of(configured, express, needs("checkout"))
    a_flag("bank")
    (above,) = refusal_of(configured, payments, needs("bank"))

    assert below.message.startswith(
        "prerequisites go 2 steps deep: express → checkout → payments; this project allows one"
    )
    assert above.message.startswith("prerequisites go 2 steps deep: checkout → payments → bank; ")


def test_deeper_chains_can_be_allowed(
    a_flag: Callable[..., Flag], configured: Configured, shop: Project, system: Actor
) -> None:
    services.set_prerequisite_depth(shop, 2, actor=system)
    a, b = a_flag("a"), a_flag("b")
    a_flag("c")
    configured(b, prerequisites=needs("c"))

    config = configured(a, prerequisites=needs("b"))

    assert config.prerequisites == needs("b")


def test_depth_cannot_be_lowered_below_what_there_is(
    a_flag: Callable[..., Flag], configured: Configured, shop: Project, system: Actor
) -> None:
    services.set_prerequisite_depth(shop, 2, actor=system)
    a, b = a_flag("a"), a_flag("b")
    a_flag("c")
    configured(b, prerequisites=needs("c"))
    configured(a, prerequisites=needs("b"))

    with pytest.raises(Conflict, match="In development there are deeper prerequisites already: a → b → c"):
        services.set_prerequisite_depth(shop, 1, actor=system)


@pytest.mark.parametrize("depth", [0, 11])
def test_depth_is_1_to_10(shop: Project, system: Actor, depth: int) -> None:
    with pytest.raises(Invalid, match="max_prerequisite_depth"):
        services.set_prerequisite_depth(shop, depth, actor=system)


def test_member_cannot_set_the_depth(shop: Project, as_bob: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.set_prerequisite_depth(shop, 3, actor=as_bob)


def test_environments_do_not_mix(
    a_flag: Callable[..., Flag], configured: Configured, development: Environment, production: Environment
) -> None:
    a, b = a_flag("a"), a_flag("b")
    configured(a, development, prerequisites=needs("b"))

    config = configured(b, production, prerequisites=needs("a"))

    assert config.prerequisites == needs("a")


def test_flag_that_others_need_cannot_be_archived_or_deleted(
    a_flag: Callable[..., Flag], configured: Configured, system: Actor
) -> None:
    payments = a_flag("payments")
    configured(a_flag("checkout"), prerequisites=needs("payments"))

    with pytest.raises(Conflict, match=r"cannot be archived: it is a prerequisite of checkout \(development\)"):
        services.archive_flag(payments, actor=system)
    with pytest.raises(Conflict, match=r"cannot be deleted: it is a prerequisite of checkout \(development\)"):
        services.delete_flag(payments, actor=system)


def test_flag_that_only_archived_ones_need_can_go_but_they_cannot_come_back(
    a_flag: Callable[..., Flag], configured: Configured, system: Actor
) -> None:
    payments, checkout = a_flag("payments"), a_flag("checkout")
    configured(checkout, prerequisites=needs("payments"))
    services.archive_flag(checkout, actor=system)
    services.delete_flag(payments, actor=system)

    with pytest.raises(
        Conflict, match=r'checkout cannot come back: in development, prerequisites\.flag: there is no flag "pay'
    ):
        services.unarchive_flag(checkout, actor=system)
