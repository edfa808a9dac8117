"""What Airflow shows and sends."""
