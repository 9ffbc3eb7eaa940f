"""Vigie's work in Airflow 3: every day what is new and what the models say of it; every week they learn.

Put this file into Airflow's folder of DAGs, and set in the environment of its workers:

    VIGIE_ROOT         where Vigie is installed, with its .venv (/srv/vigie)
    VIGIE_AIRFLOW_ZONE the time zone of the hours below (UTC)
    VIGIE_HOME, VIGIE_DATABASE_URL, VIGIE_NOTIFY_URLS ... as for Vigie itself

Each task is a command of jobs.py in Vigie's own environment; Airflow's has nothing of Vigie. Its exit codes are kept: 3
(another process is on it) and 4 (no data or no model yet) skip the task, anything else but 0 fails it: it is tried
again twice, then Vigie's channels are told. What a task did is written down once a day, so that a task can be cleared
and run again as often as one likes.
"""

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

ROOT = Path(os.environ.get("VIGIE_ROOT", "/srv/vigie"))
JOBS = f"{ROOT}/.venv/bin/python {ROOT}/jobs.py"
SKIPPED = [3, 4]


def failed(context: dict[str, Any]) -> None:
    """Tell Vigie's channels of a task that was tried in vain."""
    task = context["task_instance"]
    text = (
        f"{task.dag_id}, {task.task_id}: {context.get('exception')}. Airflow has its log; clear the task to try again."
    )
    told = [f"{ROOT}/.venv/bin/python", f"{ROOT}/jobs.py", "tell", f"Vigie: {task.task_id} failed", text]
    subprocess.run(told, check=False, timeout=120)  # noqa: S603  # our own command; the text is one argument


def job(command: str, **more: Any) -> BashOperator:
    """A task that is a command of jobs.py, named after it."""
    name = "_".join(word for word in command.split(" --to")[0].split() if not word.startswith("--"))
    return BashOperator(task_id=name, bash_command=f"{JOBS} {command}", cwd=str(ROOT), **more)


usual = {
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": True,
    "skip_on_exit_code": SKIPPED,
    "append_env": True,
    "on_failure_callback": failed,
    "execution_timeout": timedelta(hours=2),
    # After tasks that were skipped or failed, too: while an origin is down, its last good copy is there.
    "trigger_rule": "all_done",
}
start = pendulum.datetime(2026, 1, 1, tz=os.environ.get("VIGIE_AIRFLOW_ZONE", "UTC"))
common: dict[str, Any] = {"start_date": start, "catchup": False, "max_active_runs": 1, "default_args": usual}

with DAG("vigie_daily", schedule="0 5 * * *", tags=["vigie"], **common):
    fetched = [job("refresh"), job("fetch")]
    said = [job(f"score --model {model}") for model in ("sales", "churn")]
    watched = [job(f"drift --model {model}") for model in ("sales", "churn")]
    told = [job("rules"), job("report --board sales --to ${VIGIE_HOME:-data/local}/reports/sales.pdf --send")]
    for task in said:
        fetched >> task >> watched
    watched >> told[0] >> told[1]

with DAG("vigie_weekly", schedule="0 3 * * 1", tags=["vigie"], **common):
    job("retrain --model sales") >> job("retrain --model churn")
