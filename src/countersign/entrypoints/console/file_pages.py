"""Files: what came in, what each came to, and every payment of one with its reasons."""

from pathlib import PurePath
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.channels.model import FileRow
from countersign.channels.queries import find_file, newest_files, numbers_of
from countersign.entrypoints.console.finding import PAGES_MAX, find_numbers, parties, refused_as
from countersign.entrypoints.console.pages import language_of, render
from countersign.entrypoints.console.reasoning import first_reasons
from countersign.entrypoints.console.site import Site
from countersign.entrypoints.register import open_named
from countersign.entrypoints.web.numbers import whole_number
from countersign.flows.tell_reasons import Sentences
from countersign.flows.tell_transfer import pairs_in
from countersign.kernel.ids import ID_BYTES
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.errors import SubjectErased
from countersign.vault.masking import mask_account

ROWS = 50
PAYMENTS = 100
# Marks of an ISO 20022 group status; an empty one is a file that has not ended.
MARKS = {"": "wait", "RJCT": "block", "PART": "hold", "PDNG": "hold"}
_REJECTED = "RJCT"


class NoSuchFile(Refusal):
    """There is no file with this id here; look for it in the list of files."""

    code = "console.no_such_file"
    kind = Kind.NOT_FOUND
    chinese = "此處沒有此編號的檔案；請在檔案列表中查找。"


class FileSeen(NamedTuple):
    """One file of the register as pages show it."""

    id: str
    received_ms: int
    name: str  # Without its ending, masked, as the message id is; both empty once erased.
    message_id: str
    row: FileRow
    mark: str
    accepted: int
    rejected: int
    totals: list[tuple[str, str]]  # Currency and decimal amount.
    statuses: list[tuple[str, str]]


def files(request: Request) -> Response:
    site: Site = request.app.state.site
    page = _page(request, PAGES_MAX)

    def read(connection: Any) -> list[FileRow]:
        return newest_files(connection, limit=ROWS + 1, offset=(page - 1) * ROWS)

    found = site.read(read)
    return render(
        request,
        "files.html",
        found=[_seen(site, row) for row in found[:ROWS]],
        has_more=len(found) > ROWS,
        page=page,
    )


def file(request: Request) -> Response:
    """One file: its end, and its payments in their order, each with what became of it."""
    site: Site = request.app.state.site
    file_id = _id(request.path_params["file"])

    def read(connection: Any) -> dict[str, Any]:
        row = find_file(connection, file_id)
        if row is None:
            raise NoSuchFile
        pages = max(1, -(-row.payments // PAYMENTS))
        page = _page(request, pages)
        first = (page - 1) * PAYMENTS
        numbers = numbers_of(connection, file_id, first=first, limit=PAYMENTS)
        found = find_numbers(connection, numbers)
        return {
            "row": row,
            "page": page,
            "pages": pages,
            "first": first,
            "numbers": numbers,
            "found": found,
            "whys": first_reasons(connection, found.values(), language_of(request)),
            "refused": refused_as(connection, numbers),
            "pairs": parties(connection, site.intake, numbers),
            "words": Sentences(None, language_of(request)),
        }

    known = site.read(read)
    return render(request, "file.html", one=_seen(site, known["row"]), **known)


def _seen(site: Site, row: FileRow) -> FileSeen:
    try:
        name, message_id = open_named(site.keys, row.id, row.named)
    except SubjectErased:
        name, message_id = "", ""
    statuses = pairs_in(row.statuses)
    rejected = sum(int(count) for status, count in statuses if status == _REJECTED)
    return FileSeen(
        row.id.hex(),
        row.received_ms,
        mask_account(PurePath(name).stem) if name else "",
        mask_account(message_id) if message_id else "",
        row,
        MARKS.get(row.group_status, "release"),
        row.payments - rejected,
        rejected,
        pairs_in(row.totals),
        statuses,
    )


def _id(text: str) -> bytes:
    try:
        file_id = bytes.fromhex(text)
    except ValueError:
        raise NoSuchFile from None
    if len(file_id) != ID_BYTES:
        raise NoSuchFile
    return file_id


def _page(request: Request, most: int) -> int:
    asked = whole_number(request.query_params.get("page", ""))
    return min(max(asked or 1, 1), most)


ROUTES = [Route("/files", files), Route("/files/{file:str}", file)]
