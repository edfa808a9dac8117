"""The on-call pages in Airflow's UI: server-side HTML and SVG behind Airflow's own login."""
