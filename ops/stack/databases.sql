-- Four databases, each with an owner of its own that can open no other. Run once, by the superuser, in an empty cluster;
-- the passwords come from the environment, so that they stand in no command line.
\set ON_ERROR_STOP on
\getenv airflow AIRFLOW_DB_PASSWORD
\getenv mlflow MLFLOW_DB_PASSWORD
\getenv ledger LEDGER_DB_PASSWORD
\getenv alerts ALERTS_DB_PASSWORD

-- A statement that fails is logged as it was sent, password and all, unless this says otherwise.
set log_min_error_statement = 'panic';
set password_encryption = 'scram-sha-256';

create role airflow login password :'airflow';
create role mlflow login password :'mlflow';
create role ledger login password :'ledger';
create role alerts login password :'alerts';

create database airflow owner airflow;
create database mlflow owner mlflow;
create database ledger owner ledger;
create database alerts owner alerts;

-- Anybody may connect to a new database; here its owner alone.
revoke connect, temporary on database airflow, mlflow, ledger, alerts, postgres, template1 from public;
