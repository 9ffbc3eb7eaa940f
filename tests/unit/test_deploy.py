"""What runs Vigie elsewhere names what there is. It is really run by `make test-airflow` and `make test-gitlab`."""

import ast
import re

import pytest
import typer
import yaml

import jobs
from tests.sources import ROOT

DAG = ROOT / "deploy" / "airflow" / "vigie_dag.py"


def dag_commands() -> list[str]:
    """What the DAGs call jobs.py with, for each model."""
    found = []
    for node in ast.walk(ast.parse(DAG.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "job":
            (text,) = node.args
            if isinstance(text, ast.JoinedStr):
                parts = [one.value if isinstance(one, ast.Constant) else "sales" for one in text.values]
                found.append("".join(map(str, parts)))
            elif isinstance(text, ast.Constant):
                found.append(str(text.value))
    return found


def test_every_task_of_the_dags_is_a_command_that_takes_these_arguments():
    commands = dag_commands()
    assert {one.split()[0] for one in commands} == {
        *("refresh", "fetch", "score", "drift", "rules", "report", "retrain"),
    }
    known = typer.main.get_command(jobs.app)
    for one in [*commands, "tell title text"]:
        name, *arguments = one.split()
        known.commands[name].make_context(name, arguments)


def test_the_exit_codes_that_skip_a_task_are_those_of_jobs():
    assert f"SKIPPED = [{jobs.TAKEN}, {jobs.NOTHING}]" in DAG.read_text("utf-8")


@pytest.fixture(scope="module")
def pipeline() -> dict:
    """The pipeline of GitLab."""
    return yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text("utf-8"))


def test_the_pipeline_tests_builds_and_deploys_the_main_branch_by_hand(pipeline):
    found = {name: one["stage"] for name, one in pipeline.items() if isinstance(one, dict) and "script" in one}
    assert found == {"test": "test", "docker": "build", "kubernetes": "deploy"}
    (rule,) = pipeline["kubernetes"]["rules"]
    assert rule["when"] == "manual"
    assert rule["if"] == "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
    assert (ROOT / pipeline["test"]["script"][0]).stat().st_mode & 0o111
    assert pipeline["docker"]["rules"] == [{"if": rule["if"]}]


def test_no_secret_stands_in_the_pipeline(pipeline):
    values = re.findall(r"(?i)(password|token)[\"']?\s*[:=]\s*(?!\$)\S+", (ROOT / ".gitlab-ci.yml").read_text("utf-8"))
    assert values == []
