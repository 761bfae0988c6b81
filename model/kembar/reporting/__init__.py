"""The report of a study as one page that opens from a file, in English or Indonesian."""

from kembar.reporting.writing import write_report

__all__ = ["write_report"]
