"""The service under load, against in-place prediction in process and against `mlflow models serve`."""
