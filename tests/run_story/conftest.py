"""Imports Airflow with a home of its own."""

import tests.fixtures_airflow_home

__all__ = ["tests"]
