"""Where the management API of flags hangs, below api/v1/."""

from django.urls import path

from flags.api import carrying, configs, flags, segments, triggers, versions, watching

PROJECT = "organizations/<slug:organization>/projects/<slug:project>"
FLAG = f"{PROJECT}/flags/<str:flag>"
ENVIRONMENT = f"{PROJECT}/environments/<slug:environment>"
CONFIG = f"{FLAG}/environments/<slug:environment>"
SEGMENT = f"{PROJECT}/segments/<str:segment>"

app_name = "flags_api"
urlpatterns = [
    path(f"{PROJECT}/flags/", flags.Flags.as_view(), name="flags"),
    path(FLAG, flags.OneFlag.as_view(), name="flag"),
    path(f"{FLAG}/watch", watching.Watch.as_view(), name="watch"),
    path("watching", watching.Mails.as_view(), name="watching"),
    path(f"{FLAG}/archive", flags.Archive.as_view(), name="archive"),
    path(f"{FLAG}/unarchive", flags.Unarchive.as_view(), name="unarchive"),
    path(f"{FLAG}/undelete", flags.Undelete.as_view(), name="undelete"),
    path(f"{FLAG}/environments/", configs.Configs.as_view(), name="configs"),
    path(CONFIG, configs.OneConfig.as_view(), name="config"),
    path(f"{CONFIG}/rules-text", configs.RulesText.as_view(), name="rules_text"),
    path(f"{CONFIG}/kill", configs.Kill.as_view(), name="kill"),
    path(f"{CONFIG}/roll-back", configs.RollBack.as_view(), name="roll_back"),
    path(f"{CONFIG}/copy", configs.Copy.as_view(), name="copy"),
    path(f"{CONFIG}/rollout", configs.Rollout.as_view(), name="rollout"),
    path(f"{CONFIG}/triggers/", triggers.Triggers.as_view(), name="triggers"),
    path(f"{CONFIG}/triggers/<slug:trigger>", triggers.OneTrigger.as_view(), name="trigger"),
    path("triggers/<str:secret>", triggers.Pull.as_view(), name="pull_trigger"),
    path(f"{PROJECT}/prerequisites", configs.PrerequisiteDepth.as_view(), name="prerequisites"),
    path(f"{PROJECT}/export", carrying.Export.as_view(), name="export_project"),
    path(f"{PROJECT}/import", carrying.Import.as_view(), name="import_project"),
    path(f"{PROJECT}/segments/", segments.Segments.as_view(), name="segments"),
    path(SEGMENT, segments.OneSegment.as_view(), name="segment"),
    path(f"{SEGMENT}/undelete", segments.Undelete.as_view(), name="undelete_segment"),
    path(f"{FLAG}/versions/", versions.FlagVersions.as_view(), name="flag_versions"),
    path(f"{FLAG}/roll-back", versions.RollBackFlag.as_view(), name="roll_back_flag"),
    path(f"{CONFIG}/versions/", versions.StateVersions.as_view(), name="state_versions"),
    path(f"{SEGMENT}/versions/", versions.SegmentVersions.as_view(), name="segment_versions"),
    path(f"{SEGMENT}/roll-back", versions.RollBackSegment.as_view(), name="roll_back_segment"),
    path(f"{PROJECT}/versions/", versions.ProjectVersions.as_view(), name="project_versions"),
    path(f"{PROJECT}/roll-back", versions.RollBackProject.as_view(), name="roll_back_project"),
    path(f"{ENVIRONMENT}/versions/", versions.EnvironmentVersions.as_view(), name="environment_versions"),
    path(f"{ENVIRONMENT}/roll-back", versions.RollBackEnvironment.as_view(), name="roll_back_environment"),
]
