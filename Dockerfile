# The one image of the stack: Airflow's parts, MLflow's server, the service, and the commands. See docs/stack.md.
FROM python:3.12.12-slim-trixie@sha256:f3fa41d74a768c2fce8016b98c191ae8c1bacd8f1152870a3f9f87d350920b7c AS packages
WORKDIR /build
COPY requirements-setup.txt requirements.txt ./
# As ops/setup.sh does it: uv by its hash, then everything else by its own.
RUN python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-setup.txt \
    && python -m venv /opt/venv \
    && uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode --no-deps --require-hashes -r requirements.txt

FROM python:3.12.12-slim-trixie@sha256:f3fa41d74a768c2fce8016b98c191ae8c1bacd8f1152870a3f9f87d350920b7c
# libgomp for XGBoost, pg_dump and pg_restore of the server's major version for backups, git for the commit that manifests name.
RUN apt-get update \
    && apt-get install -y --no-install-recommends git libgomp1 postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /app \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shipshape \
    && install -d -o shipshape -g shipshape -m 0750 \
        /data/pipeline /data/airflow /data/scratch /data/objects /data/backups
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
RUN python -m compileall -q artifacts ingestion features training serving monitoring plugins dags ops
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    GIT_OPTIONAL_LOCKS=0 \
    HOME=/tmp \
    TMPDIR=/data/scratch \
    XDG_CACHE_HOME=/data/scratch/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    AIRFLOW_HOME=/data/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/app/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/app/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__CORE__PARALLELISM=4 \
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=admin:admin \
    AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS=False \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/data/airflow/logs \
    AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME=0.1 \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    OMP_WAIT_POLICY=passive \
    MLFLOW_DISABLE_TELEMETRY=true \
    GX_ANALYTICS_ENABLED=False \
    DO_NOT_TRACK=1 \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False
USER 10001:10001
