"""The charts, rendered by Helm's own engine and held against the schemas of Kubernetes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.files import DEPLOY, WHOLE, compose, fresh_env
from tests.deploy.tools import asked

FLAGFORGE, RELAY = DEPLOY / "helm/flagforge", DEPLOY / "helm/flagforge-relay"
SECRETS = {
    name: f"{name.lower()} of a test" for name in ("FLAGFORGE_SECRET_KEY", "FLAGFORGE_ENVELOPE_KEY", "DATABASE_URL")
}
SECRETS |= dict.fromkeys(("FLAGFORGE_RELAY_KEY", "OWNER_DATABASE_URL", "REDIS_URL", "WORKER_REDIS_URL"), "secret")
GIVEN = {"host": "flags.example.com", "proxies": "10.0.0.0/8", "secret": {"values": SECRETS}}
GIVEN_RELAY = {"upstream": "https://flags.example.com", "secret": {"key": "ff_relay_x"}}
OLDEST, NEWEST = "1.29", "1.37"
RENDER = """
import json, sys, helm_python as helm, kubernetes_validate, yaml
path, values, versions = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
with helm.Chart.load(path) as chart:
    chart.validate_schema(values)
    texts = chart.render(values, name="ours", namespace="flags").items()
found = [one for name, text in texts if name.endswith(".yaml") for one in yaml.safe_load_all(text) if one]
for one in found:
    for version in versions:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            sys.exit(f"{one['kind']} {one['metadata']['name']}, {version}: {'.'.join(map(str, error.path))}: {error.message}")
lint = helm.lint(path, values, strict=True)
print(json.dumps({"lint": lint["errors"] + [m for m in lint["messages"] if m["severity"] > 1], "found": found}))
"""


def rendered(chart: Path, values: dict[str, Any], *versions: str) -> list[dict[str, Any]]:
    """All manifests, each of which these versions of Kubernetes take."""
    said = json.loads(asked(RENDER, str(chart), json.dumps(values), *versions))
    assert said["lint"] == []
    found: list[dict[str, Any]] = said["found"]
    return found


@pytest.fixture(scope="module")
def whole() -> dict[tuple[str, str], dict[str, Any]]:
    manifests = rendered(FLAGFORGE, GIVEN, OLDEST, NEWEST)
    found = {(one["kind"], one["metadata"]["name"].removeprefix("ours-")): one for one in manifests}
    assert len(found) == len(manifests)
    return found


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


Whole = dict[tuple[str, str], dict[str, Any]]


def test_all_parts_are_there_each_with_what_keeps_it_up(whole: Whole) -> None:
    def names(kind: str) -> set[str]:
        return {name for found, name in whole if found == kind}

    assert names("Deployment") == {"web", "stream", "relay", "worker", "beat"}
    assert names("PodDisruptionBudget") == {"web", "stream", "relay", "worker"}
    assert names("HorizontalPodAutoscaler") == {"web", "stream", "relay"}
    assert names("NetworkPolicy") == {"web", "stream", "relay", "worker", "beat", "migrate"}
    for part in ("stream", "relay"):
        metrics = whole["HorizontalPodAutoscaler", part]["spec"]["metrics"]
        assert {metric["type"] for metric in metrics} == {"Resource", "Pods"}


def test_pods_run_what_compose_runs_and_may_as_little(whole: Whole) -> None:
    composed = compose(WHOLE, fresh_env())["services"]
    for part in ("web", "stream", "relay", "worker", "beat"):
        deployment = whole["Deployment", part]
        pod, only = deployment["spec"]["template"]["spec"], container(deployment)
        assert only["args"] == composed[part].get("command", ["python", "-m", "flagforge.serve"])
        assert only["securityContext"]["readOnlyRootFilesystem"]
        assert only["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert pod["securityContext"]["runAsNonRoot"]
        assert only["livenessProbe"]
        assert not pod["automountServiceAccountToken"]
    assert container(whole["Job", "migrate"])["args"] == composed["migrate"]["command"]


def test_whoever_goes_is_asked_no_more_before_it_ends(whole: Whole) -> None:
    for part in ("web", "stream", "relay"):
        pod = whole["Deployment", part]["spec"]["template"]["spec"]
        drained = int(container(whole["Deployment", part])["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] > drained + 10
        assert whole["Deployment", part]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert container(whole["Deployment", part])["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_the_schema_comes_before_the_pods_and_its_owner_is_known_to_the_job_alone(whole: Whole) -> None:
    order = [("Secret", "secret"), ("Job", "migrate")]
    weights = [int(whole[one]["metadata"]["annotations"]["helm.sh/hook-weight"]) for one in order]
    assert weights == sorted(weights)
    assert all("pre-upgrade" in whole[one]["metadata"]["annotations"]["helm.sh/hook"] for one in order)
    for (kind, name), manifest in whole.items():
        if kind in ("Deployment", "Job"):
            known = "OWNER_DATABASE_URL" in json.dumps(container(manifest)["env"])
            assert known == (name == "migrate")


def test_no_secret_stands_anywhere_but_in_the_secret(whole: Whole) -> None:
    others = json.dumps([manifest for (kind, _), manifest in whole.items() if kind != "Secret"])

    assert " of a test" not in others


def test_a_relay_reaches_the_streams_and_nothing_else(whole: Whole) -> None:
    egress = whole["NetworkPolicy", "relay"]["spec"]["egress"]

    assert [{port["port"] for port in rule["ports"]} for rule in egress] == [{53}, {8000}]
    assert "to" in egress[1]
    assert whole["NetworkPolicy", "worker"]["spec"]["ingress"][0]["ports"] == [{"port": 9464}]


def test_the_ingress_leads_as_nginx_does(whole: Whole) -> None:
    leads = {
        path["path"]: path["backend"]["service"]["name"]
        for name in ("ours", "streams")
        for path in whole["Ingress", name]["spec"]["rules"][0]["http"]["paths"]
    }

    assert leads["/"] == "ours-web"
    assert leads["/metrics"] == "ours-nobody"
    assert {leads[path] for path in ("/api/v1/sdk", "/ofrep", "/.well-known/flagforge")} == {"ours-relay"}
    streams = {path for path, name in leads.items() if name == "ours-stream"}
    assert streams == {"/api/v1/sdk/stream", "/api/v1/sdk/poll", "/ofrep/v1/stream", "/api/v1/sdk/relay", "/ws"}
    assert (
        whole["Ingress", "streams"]["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    )


def test_the_relay_alone(tmp_path: Path) -> None:
    found = {one["kind"]: one for one in rendered(RELAY, GIVEN_RELAY, OLDEST, NEWEST)}

    assert set(found) == {
        "Secret",
        "StatefulSet",
        "Service",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
    }
    assert container(found["StatefulSet"])["volumeMounts"][0] == {"name": "store", "mountPath": "/data"}
    assert "ff_relay_x" not in json.dumps([one for kind, one in found.items() if kind != "Secret"])


@pytest.mark.parametrize(("chart", "values"), [(FLAGFORGE, GIVEN), (RELAY, GIVEN_RELAY)], ids=["whole", "relay"])
def test_traces_go_to_a_collector_from_every_part_once_one_is_named(chart: Path, values: dict[str, Any]) -> None:
    found = rendered(chart, {**values, "traces": {"endpoint": "http://collector:4318"}}, NEWEST)

    serving = [one for one in found if one["kind"] in ("Deployment", "StatefulSet")]
    variables = [{each["name"]: each for each in container(one)["env"]} for one in serving]
    assert all(named["OTEL_EXPORTER_OTLP_ENDPOINT"]["value"] == "http://collector:4318" for named in variables)
    assert all(named["OTEL_TRACES_SAMPLER"]["value"] == "parentbased_always_on" for named in variables)
    names = {"ours-relay", "ours"}  # of the relay, beside others and alone
    policies = [one for one in found if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] in names]
    assert [{"ports": [{"port": 4318}]} in one["spec"]["egress"] for one in policies] == [True]
    assert "OTEL" not in json.dumps(rendered(chart, values, NEWEST))


def test_what_is_not_wanted_is_left_out() -> None:
    off = {"autoscaling": {"enabled": False}}
    values = {
        "host": "flags.example.com",
        "proxies": "10.0.0.0/8",
        "secret": {"existing": "mine"},
        "parts": {"web": off, "stream": off, "relay": off},
        "ingress": {"enabled": False},
        "network": {"policies": False},
        "image": {"tag": "sha256:0f"},
        "env": [{"name": "EMAIL_URL", "value": "smtp://a"}],
    }

    found = rendered(FLAGFORGE, values, NEWEST)

    assert {one["kind"] for one in found} == {"Deployment", "Service", "PodDisruptionBudget", "Job"}
    web = next(one for one in found if one["metadata"]["name"] == "ours-web" and one["kind"] == "Deployment")
    assert (web["spec"]["replicas"], container(web)["image"]) == (2, "flagforge@sha256:0f")
    assert '"name": "mine"' in json.dumps(web)


@pytest.mark.parametrize(
    ("chart", "values", "said"),
    [
        (FLAGFORGE, {**GIVEN, "env": [{"name": "A", "vlaue": "b"}]}, "vlaue"),
        (FLAGFORGE, {**GIVEN, "proxies": ""}, "proxies"),
        (FLAGFORGE, {**GIVEN, "host": "https://flags.example.com"}, "host"),
        (
            FLAGFORGE,
            {**GIVEN, "secret": {"values": {**SECRETS, "REDIS_URL": ""}}},
            r"secret.values.REDIS_URL is missing",
        ),
        (FLAGFORGE, {**GIVEN, "parts": {"beat": {"replicas": 2}}}, "beat"),
        (RELAY, {**GIVEN_RELAY, "upstream": ""}, "upstream is missing"),
    ],
)
def test_what_is_missing_is_said(chart: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        rendered(chart, values, NEWEST)
