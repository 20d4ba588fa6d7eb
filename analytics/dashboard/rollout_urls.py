"""Addresses of the pages about progressive rollouts."""

from django.urls import path

from analytics.dashboard import rollout_actions, rollouts
from flags.dashboard.urls import CONFIG
from tenants.dashboard.urls import PROJECT

ROLLOUT = f"{PROJECT}rollouts/<slug:rollout>/"

app_name = "rollouts"
urlpatterns = [
    path(f"{PROJECT}rollouts/", rollouts.rollout_list, name="list"),
    path(ROLLOUT, rollouts.rollout, name="rollout"),
    path(f"{ROLLOUT}start/", rollout_actions.act, {"what": "start"}, name="start"),
    path(f"{ROLLOUT}next/", rollout_actions.act, {"what": "next"}, name="next"),
    path(f"{ROLLOUT}pause/", rollout_actions.act, {"what": "pause"}, name="pause"),
    path(f"{ROLLOUT}resume/", rollout_actions.act, {"what": "resume"}, name="resume"),
    path(f"{ROLLOUT}stop/", rollout_actions.act, {"what": "stop"}, name="stop"),
    path(f"{ROLLOUT}roll-back/", rollout_actions.act, {"what": "roll_back"}, name="roll_back"),
    path(f"{CONFIG}rollout-line/", rollouts.line, name="line"),
    path(f"{CONFIG}new-rollout/", rollout_actions.new, name="new"),
]
