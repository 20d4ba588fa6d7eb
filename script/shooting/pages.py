"""Which pages are taken: where each is, and what has to be done there first."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from script.shooting import acts
from script.shooting.listeners import listen

ACME = "/organizations/acme/"
SHOP = f"{ACME}projects/shop/"
CHECKOUT = f"{SHOP}flags/new-checkout/"
PRODUCTION = f"{CHECKOUT}environments/production/"
DEVELOPMENT = f"{CHECKOUT}environments/development/"


@dataclass(frozen=True)
class Shot:
    """`act` is what somebody does on the page before it is taken; operators run the whole installation."""

    name: str
    title: str
    path: str
    act: Callable[[Page], None] = acts.look
    is_signed_in: bool = True
    is_for_operators: bool = False


PAGES = (
    Shot("about", "What FlagForge is", "/about/", is_signed_in=False),
    Shot("docs", "The documentation", "/docs/flag-page/", is_signed_in=False),
    Shot("docs-search", "Search in it", "/docs/search/?q=kill+switch", is_signed_in=False),
    Shot("login", "Sign in", "/accounts/login/", is_signed_in=False),
    Shot("sign-up", "Sign up", "/accounts/signup/", is_signed_in=False),
    Shot("new-organization", "A new organization", "/organizations/"),
    Shot("get-started", "Get started, where it works already", f"{SHOP}start/?environment=production"),
    Shot(
        "waiting",
        "The lamp waits, and says what was seen",
        f"{ACME}projects/website/start/",
        acts.come_with_a_wrong_key,
    ),
    Shot("flags", "The list of flags", f"{SHOP}flags/"),
    Shot("flags-selected", "Many flags at once", f"{SHOP}flags/", acts.select_flags),
    Shot("flags-question", "What is asked before many are switched", f"{SHOP}flags/", acts.ask_for_many),
    Shot("saved-views", "Saved views", f"{SHOP}flag-views/"),
    Shot("no-flags", "A project without flags", f"{ACME}projects/website/flags/"),
    Shot("new-flag", "A new flag", f"{SHOP}new-flag/", acts.name_a_flag),
    Shot("palette", "The palette", f"{SHOP}flags/", acts.open_the_palette),
    Shot("search", "The search", "/search/?organization=acme&project=shop&q=check"),
    Shot("flag", "The page of a flag", PRODUCTION, acts.let_it_load),
    Shot("flag-text", "Its rules as text", PRODUCTION, acts.read_as_text),
    Shot("flag-review", "A draft and its review", DEVELOPMENT, acts.draft),
    Shot("flag-history", "Its history", f"{PRODUCTION}history/"),
    Shot("compare-flag", "Two environments of a flag", f"{CHECKOUT}compare/?from=staging&to=production"),
    Shot("compare-project", "Which flags differ", f"{SHOP}compare/?from=staging&to=production"),
    Shot("flag-everywhere", "A flag in all environments", f"{CHECKOUT}environments/"),
    Shot("flag-timeline", "All of its history", f"{CHECKOUT}history/"),
    Shot("flag-version", "One of its versions", f"{PRODUCTION}versions/2/"),
    Shot("flag-telemetry", "Its telemetry", f"{PRODUCTION}telemetry/"),
    Shot("guardrails", "The guardrails of a flag", f"{PRODUCTION}guardrails/"),
    Shot("guardrail", "A guardrail that watches", f"{PRODUCTION}guardrails/", acts.open_a_guardrail),
    Shot("guardrail-breach", "A breach, as a dry run", f"{SHOP}guardrails/", acts.open_a_breach),
    Shot("new-guardrail", "A new guardrail", f"{PRODUCTION}new-guardrail/"),
    Shot("flag-kill", "The question before a kill", PRODUCTION, acts.ask_to_kill),
    Shot("flag-settings", "The settings of a flag", f"{CHECKOUT}settings/"),
    Shot("segments", "The segments of a project", f"{SHOP}segments/"),
    Shot("segment", "A segment", f"{SHOP}segments/beta-testers/"),
    Shot("playground", "The playground", f"{SHOP}playground/"),
    Shot("telemetry", "The telemetry of an environment", f"{SHOP}environments/production/telemetry/"),
    Shot("experiments", "The experiments of a project", f"{SHOP}experiments/"),
    Shot("experiment", "An experiment", f"{SHOP}experiments/semantic-search/"),
    Shot("experiment-results", "What it has shown", f"{SHOP}experiments/semantic-search/results/"),
    Shot("edit-experiment", "The form of an experiment", f"{SHOP}new-experiment/?flag=theme&environment=production"),
    Shot("metrics", "What experiments are decided by", f"{SHOP}metrics/"),
    Shot("rollouts", "The rollouts of a project", f"{SHOP}rollouts/"),
    Shot("rollout", "A rollout", f"{SHOP}rollouts/", acts.open_a_rollout),
    Shot("rollout-paused", "One that a guardrail paused", f"{SHOP}rollouts/", acts.open_the_paused_one),
    Shot("new-rollout", "A new rollout", f"{SHOP}flags/new-checkout/environments/production/new-rollout/"),
    Shot("attributes", "The attributes that contexts have", f"{SHOP}attributes/"),
    Shot("stale-flags", "Flags that nobody seems to need", f"{SHOP}stale-flags/"),
    Shot("unknown-flags", "Keys that are no flags", f"{SHOP}unknown-flags/"),
    Shot("convergence", "Who has which version", f"{SHOP}environments/production/convergence/", listen),
    Shot("system", "Whether all runs", "/system/", is_for_operators=True),
    Shot("runtime-settings", "What is changed while all runs", "/system/settings/", is_for_operators=True),
    Shot("organization-status", "Whether all runs, for an organization", f"{ACME}system/"),
    Shot("no-telemetry", "Where nobody told anything", f"{SHOP}environments/staging/telemetry/"),
    Shot("environments", "The environments of a project", f"{SHOP}environments/"),
    Shot("project-file", "A project as a file, out and in", f"{SHOP}file/"),
    Shot("keys", "The keys of a project", f"{SHOP}keys/"),
    Shot("key", "A key and what bounds it", f"{SHOP}keys/", acts.edit_a_key),
    Shot("rotate-key", "A key gets a successor", f"{SHOP}keys/", acts.rotate_a_key),
    Shot("limits", "The limits of an organization", f"{ACME}limits/"),
    Shot("members", "The members of an organization", f"{ACME}members/"),
    Shot("teams", "The teams of an organization", f"{ACME}teams/"),
    Shot("team", "A team", f"{ACME}teams/payments/"),
    Shot("roles", "The roles of an organization", f"{ACME}roles/"),
    Shot("role", "A role of one's own", f"{ACME}roles/on-call/"),
    Shot("webhooks", "The webhooks of an organization", f"{ACME}webhooks/"),
    Shot("webhook", "A webhook and what it was told", f"{ACME}webhooks/", acts.open_a_webhook),
    Shot("deleted", "What was deleted, and until when", f"{ACME}deleted/"),
    Shot("audit", "The audit log", f"{SHOP}audit/"),
    Shot("alerts", "The alerts of an organization", f"{ACME}alerts/"),
    Shot("alert", "An alert", f"{ACME}alerts/", acts.edit_an_alert),
    Shot("organization", "An organization", ACME),
    Shot("project-settings", "The settings of a project", SHOP),
    Shot("organization-settings", "The settings of an organization", f"{ACME}settings/"),
    Shot("sessions", "Where one is signed in", "/accounts/sessions/"),
    Shot("notices", "Which mails one gets", "/accounts/notices/"),
    Shot("watch", "Where one watches a flag", f"{CHECKOUT}watch/"),
    Shot("demo", "The demo shop", "/demo/?visitor=ravi", is_signed_in=False),
    Shot("api", "The API", "/api/docs/", acts.wait_for_operations),
    Shot("admin", "The admin", "/admin/"),
    Shot("admin-flags", "The flags in the admin", "/admin/flags/flag/"),
    Shot("admin-fault", "A refusal in the admin", "/admin/flags/flagconfig/?q=new-checkout", acts.mistype_in_the_admin),
    Shot("nothing-here", "An address that leads nowhere", f"{SHOP}flags/no-such-flag/"),
    # Last, since these two change something.
    Shot("new-key", "A new key, shown this once", f"{SHOP}keys/new/", acts.make_a_key),
    Shot("flag-conflict", "Somebody saved first", DEVELOPMENT, acts.meet_a_colleague),
)
