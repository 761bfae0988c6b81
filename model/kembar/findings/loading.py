"""From a study's folder to its worlds and the columns that findings are made of, no more of them than needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kembar.findings.world import WorldRuns

if TYPE_CHECKING:
    import pandas as pd

    from kembar.study_results import StudyResults

LIFE_COLUMNS: Final = (
    *("run_id", "agreement", "register_status", "stage_end", "start", "stop", "event", "cause"),
    *("life_start", "life_stop", "how", "entry_commitment_a", "entry_commitment_b", "entry_staff_a", "entry_staff_b"),
    *("entry_money_kusd_a", "entry_money_kusd_b", "distance_km", "size_gap"),
)


def load_worlds(results: StudyResults, runs: pd.DataFrame) -> tuple[WorldRuns, ...]:
    """The worlds of a study, each with its runs, arms and design points."""
    manifest = results.manifest
    points = results.frame("points")
    found = []
    for source, start_year, years in zip(manifest.scenarios, manifest.start_years, manifest.years, strict=True):
        own = runs[runs["scenario"] == source.name]
        design = points[points["scenario"] == source.name]
        numbers = design.drop_duplicates("point").sort_values("point")
        ids = tuple(int(point) for point in numbers["point"])
        values = np.zeros((len(ids), len(manifest.factors)))
        for column, factor in enumerate(manifest.factors):
            chosen = design[design["factor"] == factor.name].set_index("point")["value"]
            values[:, column] = chosen.reindex(list(ids)).to_numpy(np.float64)
        found.append(
            WorldRuns(
                name=source.name,
                title=source.title,
                start_year=start_year,
                years=years,
                runs=own.reset_index(drop=True),
                arms=manifest.arms,
                factors=manifest.factors,
                points=ids,
                values=values,
                group=numbers["luck"].to_numpy(np.int64),
            )
        )
    return tuple(world for world in found if len(world.runs))


def lean_frame(results: StudyResults, table: str, columns: tuple[str, ...]) -> Any:
    """Columns of a table with text as categories: a word that stands in many rows is kept once."""
    import pyarrow as pa
    import pyarrow.compute as compute

    read = results.arrow(table, list(columns))
    arrays = [
        compute.dictionary_encode(column.combine_chunks()) if pa.types.is_string(column.type) else column
        for column in read.columns
    ]
    frame = pa.table(arrays, names=read.column_names).to_pandas()
    del read, arrays
    # Arrow keeps what it read for its next use, hundreds of megabytes of a large study: the analysis needs them more.
    pa.default_memory_pool().release_unused()
    return frame
