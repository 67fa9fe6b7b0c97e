"""Log lines are one JSON object each, and what must not be in them is not."""

import io
import json
import logging
from collections.abc import Iterator

import psycopg
import pytest

from countersign.infra.logs import Log, configure_logs, get_logger
from countersign.infra.redaction import REDACTED, TEXT_LENGTH_MAX
from countersign.infra.settings import BadSetting, LogLevel

pytestmark = pytest.mark.fast


class StandingClock:
    def now_ms(self) -> int:
        return 1_700_000_000_042


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    raises = logging.raiseExceptions
    written = io.StringIO()
    configure_logs(LogLevel.INFO, stream=written, clock=StandingClock())
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raises


@pytest.fixture
def log(stream: io.StringIO) -> Log:
    return get_logger("countersign.test")


def only_line(stream: io.StringIO) -> dict[str, object]:
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert isinstance(line, dict)
    return line


def test_a_line(log: Log, stream: io.StringIO) -> None:
    log.info("gate.batch_committed", seq=3, ratio=0.5, fenced=False, term=None)
    assert only_line(stream) == {
        "time": "2023-11-14T22:13:20.042Z",
        "level": "info",
        "event": "gate.batch_committed",
        "from": "countersign.test",
        "seq": 3,
        "ratio": 0.5,
        "fenced": False,
        "term": None,
    }


def test_levels(log: Log, stream: io.StringIO) -> None:
    log.debug("too.quiet")
    log.warning("one.warning")
    log.error("one.error")
    levels = [json.loads(line)["level"] for line in stream.getvalue().splitlines()]
    assert levels == ["warning", "error"]


@pytest.mark.parametrize(
    "name",
    [
        "token", "api_token", "apiToken", "access_tokens", "password", "db_password", "PASSWORD",
        "passphrase", "passphrase_file", "key", "data_key", "signingKey", "client_secret",
        "secret", "seed", "salt_seed", "dsn", "database_url", "pin", "otp",
    ],
)  # fmt: skip
def test_a_field_named_for_a_secret_is_redacted(log: Log, stream: io.StringIO, name: str) -> None:
    log.info("test.event", **{name: "hunter2", "inner": {name: ["hunter2"]}})
    line = only_line(stream)
    assert line[name] == REDACTED
    assert line["inner"] == {name: REDACTED}


@pytest.mark.parametrize("name", ["monkey", "seedling", "keyboard", "spinning", "subject"])
def test_a_harmless_name_is_not(log: Log, stream: io.StringIO, name: str) -> None:
    log.info("test.event", **{name: "shown"})
    assert only_line(stream)[name] == "shown"


@pytest.mark.parametrize(
    "secret",
    [
        "DE89370400440532013000",
        "de89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "DE89-3704-0044-0532-0130-00",
        "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
        "NO9386011117947",
        "NO93 8601 1117 947",
        "GB82WEST12345698765432",
        "GB82 WEST 1234 5698 7654 32",
        "MT84MALT011000012345MTLCAST001S",
        "LC55HEMM000100010012001200023015",
        "DE88370400440532013000",  # Mistyped check digits are as much someone's account.
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "6011000990139424",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "account {}, please", '{{"iban":"{}"}}', "x={};y", "_{}_"]
)
def test_accounts_and_cards_never_show(
    log: Log, stream: io.StringIO, secret: str, around: str
) -> None:
    text = around.format(secret)
    log.info(text, field=text, listed=[text], **{text: 1})
    logging.getLogger("some.library").warning("it says %s", text)
    assert secret not in stream.getvalue()
    assert "3704" not in stream.getvalue()
    assert stream.getvalue().count(REDACTED) == 5


def test_a_card_number_as_a_number(log: Log, stream: io.StringIO) -> None:
    log.info("test.event", number=4111111111111111, other=4111111111111112)
    line = only_line(stream)
    assert (line["number"], line["other"]) == (REDACTED, 4111111111111112)


@pytest.mark.parametrize(
    "text",
    [
        "0190a3f4-7b1c-7def-ab12-0123456789ab",  # A UUID, whose groups look like an account's.
        "cd12ab34-ab12-4abc-9def-012345678abc",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "2026-11-22T15:16:17.123456Z",
        "1700000000042",
        "pacs.008.001.08",
        "COBADEFFXXX",
        "王小明",
    ],
)
def test_what_operators_need_stays(log: Log, stream: io.StringIO, text: str) -> None:
    log.info("test.event", field=text)
    assert only_line(stream)["field"] == text


def test_odd_values_become_text(log: Log, stream: io.StringIO) -> None:
    log.info(
        "test.event",
        raw=b"\x00" * 32,
        ratio=float("nan"),
        level=LogLevel.INFO,
        items=(1, {2}),
        cause=ValueError("DE89370400440532013000"),
    )
    line = only_line(stream)
    assert line["raw"] == "[32 bytes]"
    assert line["ratio"] == "nan"
    assert line["level_"] == "info"
    assert line["items"] == [1, [2]]
    assert line["cause"] == "ValueError"


def test_a_field_cannot_forge_the_line(log: Log, stream: io.StringIO) -> None:
    log.info("test.event", time="never", event="x\n{}", terminal="\x1b[2J\x9b2J\u2028")
    raw = stream.getvalue()
    assert raw.isascii()
    assert "\x1b" not in raw
    line = only_line(stream)
    assert line["time"] == "2023-11-14T22:13:20.042Z"
    assert line["event_"] == "x\n{}"


def test_a_long_text_is_cut(log: Log, stream: io.StringIO) -> None:
    log.info("test.event", text="a b " * TEXT_LENGTH_MAX)
    assert len(stream.getvalue()) < TEXT_LENGTH_MAX + 300


def test_an_exception_shows_type_and_place_but_no_message(log: Log, stream: io.StringIO) -> None:
    try:
        raise psycopg.errors.UniqueViolation("Key (name)=(Anna Okafor) already exists.")
    except psycopg.Error as error:
        log.failure("test.failed", error, seq=1)
    line = only_line(stream)
    assert line["error"] == "psycopg.errors.UniqueViolation"
    assert "test_an_exception_shows" in str(line["at"])
    assert "Okafor" not in stream.getvalue()


def test_a_refusal_shows_its_code(log: Log, stream: io.StringIO) -> None:
    log.failure("test.refused", BadSetting(name="x", expected="y"))
    assert only_line(stream)["code"] == "settings.bad_value"


def test_a_broken_line_of_a_library_prints_nothing(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    too_few = ["hunter2"]
    logging.getLogger("some.library").warning("two %s %s", *too_few)
    assert capsys.readouterr().err == ""


def test_configuring_again_does_not_double_the_lines(log: Log, stream: io.StringIO) -> None:
    configure_logs(LogLevel.INFO, stream=stream, clock=StandingClock())
    log.info("test.event")
    only_line(stream)
