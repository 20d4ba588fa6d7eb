"""Addresses of the pages about experiments."""

from django.urls import path

from analytics.dashboard.experiments import acting, editing, groups, lists, metrics
from tenants.dashboard.urls import PROJECT

EXPERIMENT = f"{PROJECT}experiments/<str:experiment>/"
METRIC = f"{PROJECT}metrics/<str:metric>/"
GROUP = f"{PROJECT}exclusion-groups/<str:group>/"

app_name = "experiments"
urlpatterns = [
    path(f"{PROJECT}experiments/", lists.experiment_list, name="list"),
    path(f"{PROJECT}new-experiment/", editing.new_experiment, name="new"),
    path(EXPERIMENT, lists.experiment, name="experiment"),
    path(f"{EXPERIMENT}edit/", editing.edit_experiment, name="edit"),
    path(f"{EXPERIMENT}start/", acting.start, name="start"),
    path(f"{EXPERIMENT}stop/", acting.stop, name="stop"),
    path(f"{EXPERIMENT}conclude/", acting.conclude, name="conclude"),
    path(f"{EXPERIMENT}delete/", acting.delete, name="delete"),
    path(f"{PROJECT}metrics/", metrics.metrics, name="metrics"),
    path(f"{PROJECT}new-metric/", metrics.new_metric, name="new_metric"),
    path(METRIC, metrics.metric, name="metric"),
    path(f"{METRIC}delete/", metrics.delete_metric, name="delete_metric"),
    path(f"{PROJECT}exclusion-groups/", groups.groups, name="groups"),
    path(f"{PROJECT}new-exclusion-group/", groups.new_group, name="new_group"),
    path(GROUP, groups.group, name="group"),
    path(f"{GROUP}delete/", groups.delete_group, name="delete_group"),
]
