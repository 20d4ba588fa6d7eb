"""Pages and actions by name: one literal table. Routes of apps above are named as the navigation names them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from tenants.dashboard.search.found import Found, Question
from tenants.models import Organization, Project
from tenants.permissions import allowed


@dataclass(frozen=True, slots=True)
class Destination:
    """`verb` is what it takes at the place, "" for nothing; `words` are what else it might be called."""

    kind: str
    title: str
    icon: str
    route: str = ""
    verb: str = ""
    words: str = ""
    theme: str | None = None


IN_PROJECT = (
    Destination("Actions", "New flag", "plus", "flags:new", "flag.create", "create make add"),
    Destination("Actions", "New segment", "plus", "flags:new_segment", "segment.create", "create make add"),
    Destination("Actions", "New experiment", "plus", "experiments:new", "experiment.create", "create make add test"),
    Destination("Actions", "New metric", "plus", "experiments:new_metric", "metric.create", "create make add"),
    Destination("Actions", "New key", "plus", "tenants:new_api_key", "api_key.create", "create make add api"),
    Destination("Pages", "Flags", "flag", "flags:list"),
    Destination("Pages", "Playground", "play", "playground:playground", words="try test evaluate"),
    Destination("Pages", "Segments", "segment", "flags:segments", words="groups people"),
    Destination("Pages", "Telemetry", "chart", "telemetry:anywhere", words="analytics traffic evaluations charts"),
    Destination("Pages", "Rollouts", "branch", "rollouts:list", words="progressive canary"),
    Destination("Pages", "Experiments", "flask", "experiments:list", words="results"),
    Destination("Pages", "Metrics", "chart", "experiments:metrics"),
    Destination("Pages", "Exclusion groups", "layers", "experiments:groups", words="holdout"),
    Destination("Pages", "Sample size", "flask", "results:sample_size", words="power how long experiment"),
    Destination("Pages", "Guardrails", "alert", "guardrails:list", words="breach kill budget"),
    Destination("Pages", "Attributes", "tag", "telemetry:attributes", words="context"),
    Destination("Pages", "Stale flags", "clock", "stale:list", words="clean up unused"),
    Destination("Pages", "Unknown flags", "search", "unknown:list", words="missing not found"),
    Destination("Pages", "Deleted flags", "undo", "flags:deleted", words="undelete bring back"),
    Destination("Pages", "Versions of the project", "undo", "flags:project_versions", words="history roll back"),
    Destination("Pages", "Audit of the project", "audit", "tenants:audit", "audit.view", "log who changed history"),
    Destination("Pages", "Get started", "pulse", "first_run:get_started", words="first connect snippet install"),
    Destination("Pages", "Environments", "layers", "tenants:environments"),
    Destination("Pages", "Keys of the project", "key", "tenants:api_keys", "api_key.view", "api sdk"),
    Destination("Pages", "Settings of the project", "gear", "tenants:project", words="rename delete"),
)
IN_ORGANIZATION = (
    Destination("Actions", "New project", "plus", "tenants:new_project", "project.create", "create make add"),
    Destination("Actions", "Invite somebody", "plus", "tenants:members", "member.edit", "add member people"),
    Destination("Actions", "New webhook", "plus", "tenants:new_webhook", "webhook.create", "create make add slack"),
    Destination("Actions", "New alert", "plus", "tenants:new_alert", "alert.edit", "create make add notify"),
    Destination("Pages", "Projects", "rows", "tenants:organization"),
    Destination("Pages", "Members", "segment", "tenants:members", "member.view", "people invitations"),
    Destination("Pages", "Teams", "segment", "tenants:teams", "member.view", "groups people"),
    Destination("Pages", "Roles", "lock", "tenants:roles", "member.view", "permissions"),
    Destination("Pages", "Keys of the organization", "key", "tenants:organization_api_keys", "api_key.view", "tokens"),
    Destination(
        "Pages", "Audit of the organization", "audit", "tenants:organization_audit", "audit.view", "log verify"
    ),
    Destination("Pages", "Alerts", "alert", "tenants:alerts", "alert.view", "notify mail"),
    Destination("Pages", "Webhooks", "hook", "tenants:webhooks", "webhook.view", "slack deliveries"),
    Destination("Pages", "Limits", "pulse", "tenants:limits", "organization.view", "quota usage"),
    Destination("Pages", "Deleted things", "undo", "tenants:deleted", "organization.view", "undelete bring back purge"),
    Destination("Pages", "Settings of the organization", "gear", "tenants:organization_settings", "organization.view"),
)
ANYWHERE = (
    Destination("Pages", "Account", "segment", "tenants:name", words="name profile"),
    Destination("Pages", "Sessions", "eye", "tenants:sessions", words="signed in devices browsers"),
    Destination("Pages", "Password", "lock", "account_change_password", words="change"),
    Destination("Pages", "Second factor", "lock", "mfa_index", words="mfa two factor passkey totp"),
    Destination("Pages", "Mails", "tag", "tenants:notices", words="notices notify watch e-mail"),
    Destination("Pages", "Your organizations", "layers", "tenants:own_organizations", words="leave hand over"),
    Destination("Pages", "Django admin", "gear", "admin:index"),
    Destination("Pages", "API", "text", "docs", words="openapi swagger reference"),
    Destination("Actions", "New organization", "plus", "tenants:new_organization", words="create make add found"),
    Destination("Actions", "Dark theme", "eye", theme="dark", words="night colours"),
    Destination("Actions", "Light theme", "eye", theme="light", words="day colours"),
    Destination("Actions", "Theme of the system", "eye", theme="", words="colours automatic"),
    Destination("Actions", "Sign out", "arrow", "account_logout", words="log out leave"),
)


def destinations(question: Question) -> Iterator[Found]:
    """Those of the project one is in, of its organization, and those that are everywhere."""
    project, organization = question.project, question.organization
    if project is not None and organization is not None:
        yield from _named(question, IN_PROJECT, project, organization.slug, project.key)
    if organization is not None:
        yield from _named(question, IN_ORGANIZATION, organization, organization.slug)
    if question.words:
        yield from _named(question, ANYWHERE, None)


def _named(
    question: Question, table: tuple[Destination, ...], place: Project | Organization | None, *arguments: str
) -> Iterator[Found]:
    for one in table:
        is_open = place is None or not one.verb or allowed(question.actor, one.verb, place)
        if is_open and question.holds(one.title, one.words):
            address = reverse(one.route, args=arguments) if one.route else ""
            yield Found(one.kind, one.title, address, one.icon, place=str(place or ""), theme=one.theme)
