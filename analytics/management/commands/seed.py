"""Make a large organization, to see how pages do with much in them."""

import secrets
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analytics.large.making import fill
from analytics.large.sizes import Ground, Sizes
from tenants.actors import Actor
from tenants.models import Environment, Organization, User
from tenants.services import found_organization, register_user

SLUG = "large"
OPERATOR = Actor.system("seed")


class Command(BaseCommand):
    help = (
        "Makes an organization with 1,000 flags, 200 members and 90 days of telemetry. Touches no other organization."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--large", action="store_true", required=True, help="So that nobody makes it by mistake.")
        parser.add_argument("--organization", default=SLUG, help="The slug of the organization that is made.")
        parser.add_argument("--number", type=int, default=1, help="The same number makes the same.")
        for name, usual in (("flags", 1_000), ("members", 200), ("days", 90), ("events", 2_000)):
            parser.add_argument(f"--{name}", type=int, default=usual)

    def handle(self, *args: Any, **options: Any) -> None:
        slug, begun = options["organization"], monotonic()
        owner = f"owner@{slug}.example"
        self._refuse(slug)
        password = secrets.token_urlsafe(12)
        ground = self._found(slug, owner, password, options)
        for made in fill(ground, actor=OPERATOR, now=timezone.now()):
            self.stdout.write(f"{monotonic() - begun:4.0f} s  {made}")
        self.stdout.write(f"Sign in as {owner} with {password}: /organizations/{slug}/projects/shop/flags/")

    def _refuse(self, slug: str) -> None:
        """What is there already may be somebody's own."""
        if Organization.with_deleted.filter(slug=slug).exists():
            raise CommandError(
                f"There is an organization {slug} already, and it stays as it is. Delete it, or name another with --organization."
            )
        if User.with_deleted.filter(email__endswith=f"@{slug}.example").exists():
            raise CommandError(
                f"There are people at {slug}.example already. Name another organization with --organization."
            )

    def _found(self, slug: str, email: str, password: str, options: dict[str, Any]) -> Ground:
        owner = register_user(email=email, password=password, name="Owner", actor=OPERATOR)
        project = found_organization(
            slug=slug, name=slug.capitalize(), project_key="shop", project_name="Shop", founder=owner, actor=OPERATOR
        )
        environments = list(Environment.objects.filter(project=project).order_by("position", "id"))
        sizes = Sizes(**{name: options[name] for name in ("flags", "members", "days", "events")})
        return Ground(project, environments, options["number"], sizes)
