"""The Helm chart: what its values allow, and, where there is Helm, what the five examples come to.

No cluster can be had here: what a cluster would refuse or leave hanging is looked for in the manifests.
"""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import typer
import yaml

import jobs
import settings
from tests import helm
from tests.sources import ROOT

CHART = ROOT / "deploy" / "kubernetes"
EXAMPLES = sorted(path.stem for path in (CHART / "examples").glob("*.yaml"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
BITS = {"": 1, "m": 1e-3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def example(name: str) -> dict[str, Any]:
    """The values of an example on top of the usual ones, as Helm merges them."""

    def merged(below: Any, above: Any) -> Any:
        if not (isinstance(below, dict) and isinstance(above, dict)):
            return above
        return below | {key: merged(below.get(key), value) for key, value in above.items()}

    return merged(VALUES, yaml.safe_load((CHART / "examples" / f"{name}.yaml").read_text("utf-8")))


@cache
def rendered(name: str) -> list[dict[str, Any]]:
    """What Helm makes of an example."""
    program = helm.helm()
    if program is None:
        pytest.skip("Helm is not installed: python -m tests.helm install, or make test-kubernetes")
    asked: list[str | Path] = [
        program,
        "template",
        "vigie",
        CHART,
        "-f",
        CHART / "examples" / f"{name}.yaml",
        "--namespace",
        "team",
    ]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def of_kind(name: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in rendered(name) if one["kind"] == kind]


def pods(name: str) -> list[dict[str, Any]]:
    """The templates of all pods: of the server, and of each job."""
    of_jobs = [one["spec"]["jobTemplate"]["spec"]["template"] for one in of_kind(name, "CronJob")]
    return [one["spec"]["template"] for one in of_kind(name, "Deployment")] + of_jobs


def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["spec"]["containers"]
    return only


def environment(pod: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container(pod)["env"]}


def quantity(text: str | int | float) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()  # type: ignore[union-attr]
    return float(number) * BITS[unit]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_what_the_schema_allows(name):
    jsonschema.validate(example(name), SCHEMA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"replicas": 0},
        {"hosts": []},  # the ingress would answer to any name, which Vigie would refuse
        {"hosts": ["https://vigie.example.com"]},
        {"image": {"repository": "vigie", "tag": "latest"}},
        {"settings": {"VIGIE_DATABASE_URL": "postgresql://u:hunter2@db/x"}},
        {"settings": {"VIGIE_NOTIFY_URLS": "slack://token"}},
        {"settings": {"VIGIE_LLM_KEY": "secret"}},
        {"settings": {"VIGIE_LOG_EVENTS": True}},  # a variable is text
        {"settings": {"VIGIE_ADMINS": "ada@example.com"}},  # `login` has them, and is checked
        {"login": {"admins": ["ada@example.com"]}},  # nobody could log in: no Secret with [auth]
        {"login": {"viewers": ["*"]}, "secrets": {"toml": "vigie-toml"}},  # nobody is in charge
        {"login": {"admins": ["ada@example.com, eve@example.com"]}, "secrets": {"toml": "vigie-toml"}},
        {"password": "hunter2"},
        {"jobs": {"rules": {"schedule": "every day", "args": ["rules"]}}},
        {"jobs": {"a name that no object may have": {"schedule": "0 5 * * *", "args": ["rules"]}}},
        {"resources": {"requests": {"memory": "1024"}}},  # bytes: a pod would never start
        {"networkPolicy": {"enabled": True, "from": []}},  # which means: from everywhere
        {"ingress": {"enabled": True, "controller": "envoy"}},
    ],
)
def test_the_schema_refuses_what_would_not_run_or_would_leak(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(VALUES | {"hosts": ["vigie.example.com"]} | wrong, SCHEMA)


def test_the_chart_is_of_this_version_and_its_settings_exist():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == settings.VERSION
    text = (CHART / "templates" / "_helpers.tpl").read_text("utf-8") + "".join(
        (CHART / "examples" / f"{name}.yaml").read_text("utf-8") for name in EXAMPLES
    )
    named = set(re.findall(r"VIGIE_([A-Z_]+)\b", text)) - {""}
    assert {name.lower() for name in named} - set(settings.Settings.model_fields) == set()


@pytest.mark.parametrize("name", ["values", *EXAMPLES])
def test_each_job_is_one_that_jobs_py_has_at_a_time_that_comes(name):
    values = VALUES if name == "values" else example(name)
    ZoneInfo(values["timeZone"])
    command = typer.main.get_command(jobs.app)
    for job, what in values["jobs"].items():
        if what is None:
            continue
        first, *rest = what["args"]
        command.commands[first].make_context(first, list(rest))
        fields = what["schedule"].split()
        for field, (least, most) in zip(fields, FIELDS, strict=True):
            for part in field.split(","):
                found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
                assert found, (job, part)
                ends = [int(end) for end in found.groups()[:2] if end]
                assert all(least <= end <= most for end in ends), (job, part)
                assert ends == sorted(ends), (job, part)
                assert found[3] is None or 1 <= int(found[3]) <= most, (job, part)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_selector_finds_what_it_means_and_nothing_else(name):
    (server,) = of_kind(name, "Deployment")
    labels = server["spec"]["template"]["metadata"]["labels"]
    chosen = [server["spec"]["selector"]["matchLabels"]]
    chosen += [one["spec"]["selector"] for one in of_kind(name, "Service")]
    chosen += [one["spec"]["selector"]["matchLabels"] for one in of_kind(name, "PodDisruptionBudget")]
    chosen += [
        one["labelSelector"]["matchLabels"] for one in server["spec"]["template"]["spec"]["topologySpreadConstraints"]
    ]
    for selector in chosen:
        assert selector.items() <= labels.items()
        for job in pods(name)[1:]:  # or the ingress would send visitors to a job
            assert not selector.items() <= job["metadata"]["labels"].items()
    for policy in of_kind(name, "NetworkPolicy"):
        for pod in pods(name):
            assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


@pytest.mark.parametrize("name", EXAMPLES)
def test_pods_are_the_image_s_user_and_can_write_to_the_home_and_tmp_alone(name):
    user = int(re.search(r"^USER (\d+)$", DOCKERFILE, re.M)[1])
    home = re.search(r"VIGIE_HOME=(\S+)", DOCKERFILE)[1]
    for pod in pods(name):
        spec, own = pod["spec"], container(pod)
        assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["fsGroup"]) == (user, user)
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["automountServiceAccountToken"] is False
        assert own["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        volumes = {one["name"]: one for one in spec["volumes"]}
        mounts = {one["mountPath"]: volumes[one["name"]] for one in own["volumeMounts"] if not one.get("readOnly")}
        assert mounts.keys() == {home, "/tmp"}
        assert "persistentVolumeClaim" in mounts[home]
        said = environment(pod)
        assert (said["VIGIE_HOME"], said["HOME"], said["VIGIE_LOG_FILE"]) == (home, "/tmp", "false")


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_secret_is_written_into_a_manifest(name):
    assert not of_kind(name, "Secret")
    for pod in pods(name):
        said = environment(pod)
        assert said["VIGIE_DATABASE_URL"] == {"secretKeyRef": {"name": "vigie-database", "key": "url"}}
        plain = [value for value in said.values() if isinstance(value, str)]
        assert not [value for value in plain if re.search(r"://[^/\s]*:[^/\s]*@", value)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_probes_ask_the_port_under_a_name_that_vigie_answers_to(name):
    values, (server, *_jobs) = example(name), pods(name)
    own, port = container(server), int(re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.M)[1])
    assert own["ports"] == [{"name": "http", "containerPort": port}]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert own[probe]["httpGet"] == {"path": "/_stcore/health", "port": "http"}
    started = own["startupProbe"]
    assert started["periodSeconds"] * started["failureThreshold"] >= 60  # a database that is migrated
    names = [one["name"] for one in own["env"]]
    assert names.index("POD_IP") < names.index("VIGIE_ALLOWED_HOSTS")  # else it is not filled in
    allowed = environment(server)["VIGIE_ALLOWED_HOSTS"].replace("$(POD_IP)", "10.1.2.3")
    assert settings.Settings(allowed_hosts=allowed).allowed_hosts == {*values["hosts"], "10.1.2.3"}
    for policy in of_kind(name, "NetworkPolicy"):
        assert [one["ports"] for one in policy["spec"]["ingress"]] == [[{"port": port, "protocol": "TCP"}]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_browser_stays_with_its_pod_and_its_websocket_stays_open(name):
    values = example(name)
    if not values["ingress"]["enabled"]:
        assert not of_kind(name, "Ingress")
        return
    (ingress,), (service,) = of_kind(name, "Ingress"), of_kind(name, "Service")
    said = {**ingress["metadata"].get("annotations", {}), **service["metadata"].get("annotations", {})}
    sticky, open_ = {
        "traefik": (
            "traefik.ingress.kubernetes.io/service.sticky.cookie",
            None,
        ),  # leaves websockets open; haproxy: for an hour
        "haproxy": ("haproxy.org/cookie-persistence", None),  # after an hour
        "alb": (
            "alb.ingress.kubernetes.io/target-group-attributes",
            "alb.ingress.kubernetes.io/load-balancer-attributes",
        ),
        "appgw": ("appgw.ingress.kubernetes.io/cookie-based-affinity", "appgw.ingress.kubernetes.io/request-timeout"),
    }[values["ingress"]["controller"]]
    assert re.search("true|stickiness.enabled=true|vigie_pod", said[sticky])
    assert open_ is None or re.search("3600|1h", said[open_])
    assert all(isinstance(value, str) for value in said.values())
    rules = ingress["spec"]["rules"]
    assert [rule["host"] for rule in rules] == values["hosts"]
    for rule in rules:
        backend = rule["http"]["paths"][0]["backend"]["service"]
        assert backend == {"name": service["metadata"]["name"], "port": {"name": service["spec"]["ports"][0]["name"]}}


@pytest.mark.parametrize("name", EXAMPLES)
def test_requests_are_within_limits_and_names_within_what_kubernetes_takes(name):
    for pod in pods(name):
        asked = container(pod)["resources"]
        for what, most in asked.get("limits", {}).items():
            assert quantity(asked["requests"][what]) <= quantity(most)
        assert quantity(asked["requests"]["memory"]) >= 256 * BITS["Mi"]
        assert not container(pod)["image"].endswith((":", ":latest"))
    for one in rendered(name):
        most = 52 if one["kind"] == "CronJob" else 63  # a CronJob adds 11 of its own
        assert re.fullmatch(rf"[a-z0-9]([a-z0-9-]{{0,{most - 2}}}[a-z0-9])?", one["metadata"]["name"])
    for job in of_kind(name, "CronJob"):
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        spec = job["spec"]["jobTemplate"]["spec"]
        assert spec["template"]["spec"]["restartPolicy"] == "Never"  # podFailurePolicy wants it
        first = spec["podFailurePolicy"]["rules"][0]["onExitCodes"]
        assert first["containerName"] == spec["template"]["spec"]["containers"][0]["name"]
        assert set(first["values"]) == {2, jobs.NOTHING}  # and not `TAKEN`, which passes
    claims = {one["metadata"]["name"] for one in of_kind(name, "PersistentVolumeClaim")}
    used = {pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] for pod in pods(name)}
    assert used == (claims or {example(name)["volume"]["claim"]})
    assert all(one["spec"]["accessModes"] == ["ReadWriteMany"] for one in of_kind(name, "PersistentVolumeClaim"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_name_server_or_database_needs_is_allowed(name):
    for policy in of_kind(name, "NetworkPolicy"):
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        ports = {(one["port"], one["protocol"]) for rule in policy["spec"]["egress"] for one in rule["ports"]}
        assert {(53, "UDP"), (53, "TCP"), (5432, "TCP")} <= ports
        public = [rule for rule in policy["spec"]["egress"] if {"port": 443, "protocol": "TCP"} in rule["ports"]]
        inner = [block["ipBlock"] for rule in public for block in rule["to"] if block["ipBlock"].get("except")]
        assert bool(inner) == example(name)["networkPolicy"]["internet"]
        assert all("169.254.0.0/16" in one["except"] for one in inner if ":" not in one["cidr"])  # a cloud's metadata


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("version", ["1.31.0", "1.35.0"])
def test_kubernetes_own_schemas_take_the_manifests(name, version, tmp_path):
    validator = helm.validator()
    if validator is None:
        pytest.skip("kubernetes-validate is not installed: make test-kubernetes")
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump_all(rendered(name)), "utf-8")
    done = subprocess.run([validator, "--strict", "-k", version, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_helm_finds_nothing_to_say(name):
    program = helm.helm()
    if program is None:
        pytest.skip("Helm is not installed: python -m tests.helm install, or make test-kubernetes")
    asked = [program, "lint", "--strict", CHART, "-f", CHART / "examples" / f"{name}.yaml"]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
