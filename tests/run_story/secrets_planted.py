"""Secrets in the environment, in connections and in variables of Airflow, none of which may be found again."""

import base64
import json

NAMES = (
    "webhook", "serving", "aws", "session", "postgres", "mlflow-password", "mlflow-token", "dbt", "github", "slack-bot",
    "smtp", "jwt", "mail-password", "mail-extra", "team", "store", "var-key", "var-password", "tracker", "fernet",
    "store-extra",
)  # fmt: skip
CANARIES = {name: f"canary{number:02d}{name.replace('-', '')}0f7Qz" for number, name in enumerate(NAMES)}
# These two have to be of a kind: long, and a key.
CANARIES["jwt"] *= 4
CANARIES["fernet"] = base64.urlsafe_b64encode(b"canary19-of-thirty-two-bytes-abc").decode()


def environment(webhook: str, mail_port: int = 9) -> dict[str, str]:
    """The variables that hold them; `webhook` is where messages go."""
    of = CANARIES
    mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": mail_port, "password": of["mail-password"]}
    mail["extra"] = json.dumps({"token": of["mail-extra"], "disable_ssl": True, "timeout": 1, "retry_limit": 1})
    team = {"conn_type": "slackwebhook", "password": f"http://127.0.0.1:9/services/{of['team']}"}
    return {
        "MONITORING_WEBHOOK_URL": f"{webhook}/{of['webhook']}",
        "SERVING_API_KEY": of["serving"],
        "AWS_SECRET_ACCESS_KEY": of["aws"],
        "AWS_SESSION_TOKEN": of["session"],
        "PGPASSWORD": of["postgres"],
        "MLFLOW_TRACKING_PASSWORD": of["mlflow-password"],
        "MLFLOW_TRACKING_TOKEN": of["mlflow-token"],
        "DBT_ENV_SECRET_GIT": of["dbt"],
        "GITHUB_TOKEN": of["github"],
        "SLACK_BOT_TOKEN": of["slack-bot"],
        "SMTP_PASSWORD": of["smtp"],
        "AIRFLOW__API_AUTH__JWT_SECRET": of["jwt"],
        "AIRFLOW__CORE__FERNET_KEY": of["fernet"],
        "AIRFLOW_CONN_MAIL": json.dumps(mail),
        "AIRFLOW_CONN_TEAM": json.dumps(team),
        "AIRFLOW_CONN_STORE": f"s3://reader:{of['store']}@127.0.0.1:9/?aws_session_token={of['store-extra']}",
        "AIRFLOW_VAR_API_KEY": of["var-key"],
        "AIRFLOW_VAR_DB_PASSWORD": of["var-password"],
        "TRACKER": f"http://tracker:{of['tracker']}@127.0.0.1:9",
    }
