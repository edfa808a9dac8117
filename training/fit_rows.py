"""Streams the fit rows of a training set, as Arrow batches and as the matrix that trees grow on."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xgboost

from artifacts.encoder import Encoder
from artifacts.training_set import TrainingSet
from training.config import XGBoost

Encoded = tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]


def fit_batches(
    training_set: TrainingSet, columns: Sequence[str], start: datetime, end: datetime, known_before: datetime
) -> Iterator[pa.RecordBatch]:
    """`columns` and the label of the rows with start <= observed_at < end and label_known_at < `known_before`."""
    contract = training_set.contract
    wanted = [*columns, contract.label]
    for batch in training_set.batches([*wanted, contract.label_known_at], start, end):
        known = pc.less(batch.column(contract.label_known_at), pa.scalar(known_before, pa.timestamp("us")))
        # Filtering copies, and nearly always all are known.
        rows = (batch if known.true_count == len(known) else batch.filter(known)).select(wanted)
        if rows.num_rows:
            yield rows


@dataclass(frozen=True)
class FitRows:
    """The rows whose label was known before `known_before`, encoded for a model."""

    training_set: TrainingSet
    encoder: Encoder
    known_before: datetime

    def batches(self, start: datetime, end: datetime) -> Iterator[pa.RecordBatch]:
        """The features and then the label of the rows with start <= observed_at < end."""
        return fit_batches(self.training_set, self.encoder.names, start, end, self.known_before)

    def quantised(self, start: datetime, end: datetime, parameters: XGBoost, ref: Any = None) -> Any:
        """An XGBoost `QuantileDMatrix`, fed batch by batch; `ref` is the matrix whose bins it takes over."""
        with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
            return xgboost.QuantileDMatrix(
                _Batches(self.encoder, lambda: _read_ahead(self._encoded(start, end), reader)),
                max_bin=parameters.max_bin,
                nthread=parameters.nthread,
                enable_categorical=True,
                ref=ref,
            )

    def _encoded(self, start: datetime, end: datetime) -> Iterator[Encoded]:
        for batch in self.batches(start, end):
            yield self.encoder.matrix(batch), label_of(batch)


class _Batches(xgboost.DataIter):  # type: ignore[misc]
    """Feeds XGBoost one batch at a time, anew in each of its passes."""

    def __init__(self, encoder: Encoder, open_batches: Callable[[], Iterator[Encoded]]) -> None:
        super().__init__(release_data=True)
        self._encoder, self._open = encoder, open_batches
        self._batches = open_batches()

    def reset(self) -> None:
        self._batches = self._open()

    def next(self, input_data: Callable[..., Any]) -> bool:
        batch = next(self._batches, None)
        if batch is None:
            return False
        data, label = batch
        input_data(data=data, label=label, feature_names=self._encoder.names, feature_types=self._encoder.feature_types)
        return True


def _read_ahead(batches: Iterator[Encoded], reader: Executor) -> Iterator[Encoded]:
    """The same batches, each read by `reader`, a single thread, while the one before it is worked on."""
    coming = reader.submit(next, batches, None)
    while (batch := coming.result()) is not None:
        coming = reader.submit(next, batches, None)
        yield batch


def label_of(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """The labels of a batch of `fit_batches`: its last column."""
    return np.asarray(batch.column(batch.num_columns - 1).to_numpy(zero_copy_only=False))
