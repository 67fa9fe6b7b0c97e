"""The messages of a rail: the versions that are read, and the one of each that is written.

What is written is what Fedwire and CBPR+ exchange today. The elements that are read here are the
same in every version listed; a new version is a new entry.
"""

from typing import Final

CREDIT_TRANSFER: Final = "pacs.008.001.08"
STATUS_REPORT: Final = "pacs.002.001.10"
STATUS_REQUEST: Final = "pacs.028.001.03"
PAYMENT_RETURN: Final = "pacs.004.001.09"

CREDIT_TRANSFERS: Final = frozenset({CREDIT_TRANSFER})
STATUS_REPORTS: Final = frozenset({STATUS_REPORT, "pacs.002.001.12"})
STATUS_REQUESTS: Final = frozenset({STATUS_REQUEST, "pacs.028.001.05"})
PAYMENT_RETURNS: Final = frozenset(f"pacs.004.001.{version:02}" for version in range(9, 14))
