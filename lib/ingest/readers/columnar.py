"""Parquet files, read in batches and turned into text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lib.ingest.readers.base import Limits, Progress, ReadError, Row, Sheet, cell_text, checked, too_wide


def read_parquet(path: Path, file_name: str, limits: Limits, progress: Progress | None) -> list[Sheet]:
    """The one table of a Parquet file; its column names are the header, lines count from it. Raises ReadError."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"{file_name}：Parquet 文件不完整或已损坏，请重新导出") from error
    if len(file.schema_arrow) > limits.columns:
        raise too_wide(file_name, 1, len(file.schema_arrow), limits)
    return [Sheet(file_name, "", checked(_rows(file, file_name, progress), file_name, limits), has_header=True)]


def _rows(file: pq.ParquetFile, name: str, progress: Progress | None) -> Iterator[Row]:
    yield Row(1, list(file.schema_arrow.names))
    dates = [pa.types.is_date(kind) for kind in file.schema_arrow.types]
    line = 2
    try:
        for batch in file.iter_batches(batch_size=10_000):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield Row(line, [cell_text(v, not d) for v, d in zip(values, dates, strict=True)])
                line += 1
            if progress:
                progress(line - 2, file.metadata.num_rows, f"正在读取 {name}")
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"{name}：Parquet 文件在第 {line} 行之后损坏，请重新导出") from error
