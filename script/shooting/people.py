"""Colleagues for the demo's owner, and what they did: members, an invitation, a project without flags, history, traffic."""

import os
from datetime import UTC, datetime, timedelta

import django

from script.shooting.furniture import furnish
from script.shooting.guards import guard
from script.shooting.releases import roll_out
from script.shooting.traffic import tell

PASSWORD = "one-page-instead-of-four"  # noqa: S105  (of people who live as long as the pictures are taken)
COLLEAGUE = "mona@acme.example"
OPERATOR = {"email": "root@acme.example", "password": PASSWORD}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
    django.setup()
    settle(datetime.now(UTC))


def settle(now: datetime) -> None:
    """In the organization that `manage.py seed_demo` made, after which no page of it is empty."""
    _join()
    _work()
    tell(now)
    guard(now)
    furnish()


def _join() -> None:
    from tenants.actors import Actor
    from tenants.models import Environment, Organization, Project, User
    from tenants.roles import Role
    from tenants.services import add_member, invite, register_user

    demo, acme = Actor.system("demo"), Organization.objects.get(slug="acme")
    for name, email, role, scope in (
        ("Mona Rao", COLLEAGUE, Role.ADMIN, None),
        ("Jonas Weber", "jonas@acme.example", Role.MEMBER, None),
        ("Vera Lind", "vera@acme.example", Role.VIEWER, None),
        ("Tom Brandt", "tom@agency.example", Role.VIEWER, Environment.objects.get(key="staging")),
    ):
        user = register_user(email=email, password=PASSWORD, name=name, actor=demo)
        add_member(acme, user=user, role=role, scope=scope, actor=demo)
    User.objects.create_superuser(**OPERATOR, name="Rita Ops")
    invite(Project.objects.get(key="shop"), email="ravi@partner.example", role=Role.MEMBER, actor=demo)


def _work() -> None:
    from django.utils import timezone

    from analytics.experiments import snapshots
    from flags.demo import EMAIL
    from flags.models import Flag
    from flags.services import kill_flag, save_view, set_rollout, toggle_flag
    from tenants.actors import Actor
    from tenants.models import Environment, Organization, User
    from tenants.permissions import actor_of
    from tenants.services import create_alert, create_api_key, set_limits, set_up_project

    mona = actor_of(User.objects.get(email=COLLEAGUE))
    checkout, discount, theme = (Flag.objects.get(key=key) for key in ("new-checkout", "price-discount", "theme"))
    production, staging = (Environment.objects.get(key=key) for key in ("production", "staging"))
    half = {"on": 50, "off": 50}
    set_rollout(checkout, production, half, rule_id="beta-in-india", actor=mona, comment="Riga and Pune went well")
    toggle_flag(theme, staging, enabled=False, actor=mona, comment="Dark pictures are missing")
    kill_flag(discount, production, actor=mona, comment="It is taken off twice")
    snapshots.take(now=timezone.now())
    _remember_earlier_days()
    acme = Organization.objects.get(slug="acme")
    set_up_project(acme, key="website", name="Website", actor=mona)
    in_nine_days = timezone.now() + timedelta(days=9, hours=1)
    create_api_key(kind="server", scope=production, name="Shop servers", expires_at=in_nine_days, actor=mona)
    hours = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "until": "18:00", "time_zone": "Europe/Riga"}
    told = [mona.id]
    create_alert(
        scope=production, name="Production at night", events=["flag"], working_hours=hours, recipients=told, actor=mona
    )
    keys = ["api_key.created", "api_key.leak_reported", "member.role_set", "role.edited"]
    create_alert(scope=acme, name="Keys and roles by tokens", events=keys, by=["api_key"], recipients=told, actor=mona)
    create_alert(scope=acme, name="Kill switches", events=["flag.killed"], actor=mona)
    shop = checkout.project
    save_view(shop, name="On in production", query="state=production%3Aon", shared=True, actor=mona)
    owner = actor_of(User.objects.get(email=EMAIL))
    save_view(shop, name="My experiments", query="kind=experiment&owner=me", actor=owner)
    roll_out(mona)
    set_limits(acme, limits={"members": 6}, actor=Actor.system("demo"))


def _remember_earlier_days() -> None:
    """What the experiment had shown on the days before: the same, with intervals as wide as fewer subjects make them."""
    from analytics.models import ResultSnapshot

    last = ResultSnapshot.with_deleted.get(experiment__key="semantic-search")
    for ago in range(1, 12):
        wider = (14 / (14 - ago)) ** 0.5
        course = {
            variant: [value, value - (value - low) * wider, value + (high - value) * wider]
            for variant, (value, low, high) in last.course.items()
        }
        day = last.day - timedelta(days=ago)
        ResultSnapshot.with_deleted.create(
            organization=last.organization,
            experiment=last.experiment,
            day=day,
            taken_at=last.taken_at - timedelta(days=ago),
            seconds=0,
            course=course,
            document={},
        )


if __name__ == "__main__":
    main()
