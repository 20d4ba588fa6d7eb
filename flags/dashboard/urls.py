"""Addresses of the pages: that of the thing in the management API, without `/api/v1`."""

from django.urls import path

from flags.dashboard import (
    actions,
    comparing,
    demo,
    environments,
    flag,
    flag_actions,
    lists,
    new,
    project_comparison,
    rolling_back,
    segments,
    settings,
    timeline,
    triggers,
    version,
    watching,
)
from tenants.dashboard.urls import ENVIRONMENT, PROJECT

FLAG = f"{PROJECT}flags/<str:flag>/"
CONFIG = f"{FLAG}environments/<slug:environment>/"
SEGMENT = f"{PROJECT}segments/<str:segment>/"

app_name = "flags"
urlpatterns = [
    path("demo/", demo.demo, name="demo"),
    path(f"{PROJECT}flags/", lists.flag_list, name="list"),
    path(f"{PROJECT}new-flag/", new.new_flag, name="new"),
    path(f"{PROJECT}new-flag/key/", new.key_verdict, name="key_verdict"),
    path(f"{PROJECT}deleted-flags/", actions.deleted, name="deleted"),
    path(f"{PROJECT}compare/", project_comparison.compare_project, name="compare_project"),
    path(f"{FLAG}settings/", settings.settings, name="settings"),
    path(f"{FLAG}compare/", comparing.compare, name="compare"),
    path(f"{FLAG}environments/", environments.environments, name="environments"),
    path(f"{FLAG}history/", timeline.timeline, name="timeline"),
    path(f"{FLAG}watch/", watching.watch, name="watch"),
    path("watching/stop/<str:secret>/", watching.stop_watching_mails, name="stop_watching_mails"),
    path(f"{FLAG}archive/", actions.archive, name="archive"),
    path(f"{FLAG}unarchive/", actions.unarchive, name="unarchive"),
    path(f"{FLAG}delete/", actions.delete, name="delete"),
    path(f"{FLAG}undelete/", actions.undelete, name="undelete"),
    path(f"{PROJECT}segments/", segments.segment_list, name="segments"),
    path(f"{PROJECT}new-segment/", segments.new_segment, name="new_segment"),
    path(SEGMENT, segments.segment, name="segment"),
    path(f"{SEGMENT}delete/", segments.delete, name="delete_segment"),
    path(f"{SEGMENT}undelete/", segments.undelete, name="undelete_segment"),
    path(f"{SEGMENT}roll-back/", rolling_back.segment, name="roll_back_segment"),
    path(f"{FLAG}roll-back/", rolling_back.flag, name="roll_back_flag"),
    path(f"{PROJECT}history/", rolling_back.project_versions, name="project_versions"),
    path(f"{PROJECT}roll-back/", rolling_back.project, name="roll_back_project"),
    path(f"{ENVIRONMENT}history/", rolling_back.environment_versions, name="environment_versions"),
    path(f"{ENVIRONMENT}roll-back/", rolling_back.environment, name="roll_back_environment"),
    path(FLAG, flag.anywhere, name="anywhere"),
    path(CONFIG, flag.flag, name="flag"),
    path(f"{CONFIG}draft/", flag.draft, name="draft"),
    path(f"{CONFIG}review/", flag.review, name="review"),
    path(f"{CONFIG}news/", flag.news, name="news"),
    path(f"{CONFIG}graph/", flag.graph, name="graph"),
    path(f"{CONFIG}history/", flag.history, name="history"),
    path(f"{CONFIG}versions/<int:version>/", version.version, name="version"),
    path(f"{CONFIG}triggers/", triggers.triggers, name="triggers"),
    path(f"{CONFIG}triggers/<slug:trigger>/revoke/", triggers.revoke_trigger, name="revoke_trigger"),
    path(f"{CONFIG}switch/", lists.switch, name="switch"),
    path(f"{CONFIG}toggle/", flag_actions.toggle, name="toggle"),
    path(f"{CONFIG}kill/", flag_actions.kill, name="kill"),
    path(f"{CONFIG}roll-back/", flag_actions.roll_back, name="roll_back"),
    path(f"{CONFIG}copy/", flag_actions.copy, name="copy"),
]
