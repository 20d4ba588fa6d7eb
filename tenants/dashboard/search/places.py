"""How the things of tenants are found: projects, environments, members, keys, webhooks."""

from collections.abc import Iterator

from django.urls import reverse

from tenants.dashboard.search.found import Found, Question
from tenants.models import ApiKey, Membership, Project, Webhook
from tenants.permissions import allowed


def projects(question: Question) -> Iterator[Found]:
    rows = Project.objects.visible_to(question.actor).select_related("organization")
    for project in question.named(rows, "name", "key", near=""):
        slug = project.organization.slug
        address = reverse("flags:list", args=[slug, project.key])
        yield Found("Projects", project.name, address, "rows", project.key, str(project.organization))


def environments(question: Question) -> Iterator[Found]:
    if not question.words:
        return
    named = [one for one in question.environments if question.holds(one.name, one.key)]
    named.sort(key=lambda one: one.project != question.project)
    for one in named[: question.most]:
        address = reverse("tenants:environment", args=[one.organization.slug, one.project.key, one.key])
        yield Found("Environments", one.name, address, "layers", one.key, one.project.name)


def members(question: Question) -> Iterator[Found]:
    rows = Membership.objects.visible_to(question.actor).select_related("user", "organization")
    for one in question.named(rows, "user__name", "user__email", near=""):
        address = reverse("tenants:member", args=[one.organization.slug, one.user_id])
        email = one.user.email if one.user.name else ""
        yield Found("Members", str(one.user), address, "segment", email, str(one.organization))


def api_keys(question: Question) -> Iterator[Found]:
    """Those in use; who may not edit one is led to the list that has it."""
    rows = ApiKey.objects.visible_to(question.actor).filter(revoked_at=None, organization__isnull=False)
    around = ("organization", "project", "environment")
    for one in question.named(rows.select_related(*around), "name", "prefix"):
        place = one.environment or one.project or one.organization
        yield Found("Keys", one.name, _address_of_key(question, one), "key", f"{one.prefix}…", str(place))


def _address_of_key(question: Question, api_key: ApiKey) -> str:
    organization = api_key.organization
    assert organization is not None  # noqa: S101  (those of the instance are not looked for)
    if allowed(question.actor, "api_key.edit", api_key):
        return reverse("tenants:api_key", args=[organization.slug, api_key.pk])
    if api_key.project is not None:
        return reverse("tenants:api_keys", args=[organization.slug, api_key.project.key])
    return reverse("tenants:organization_api_keys", args=[organization.slug])


def webhooks(question: Question) -> Iterator[Found]:
    rows = Webhook.objects.visible_to(question.actor).select_related("organization", "project", "environment")
    for one in question.named(rows, "name"):
        address = reverse("tenants:webhook", args=[one.organization.slug, one.pk])
        yield Found("Webhooks", one.name, address, "hook", "", str(one.environment or one.project or one.organization))


PLACES = (projects, environments, members, api_keys, webhooks)
