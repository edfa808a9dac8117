"""Great Expectations, told to tell nobody before it is imported; the room imports it from here."""

import os

# Before the import, which reads it.
os.environ["GX_ANALYTICS_ENABLED"] = "False"

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

__all__ = [
    "DataContextConfig",
    "ExpectationSuiteIdentifier",
    "ExpectationSuiteValidationResult",
    "InMemoryStoreBackendDefaults",
    "ProgressBarsConfig",
    "RunIdentifier",
    "ValidationResultIdentifier",
    "gx",
]
