"""Why a receiver did not take a message, by the kind of the error alone: its text may hold a token or an address."""

import errno
import http.client
import re
import smtplib
import socket
import ssl
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass

from artifacts.errors import Unavailable

MAILED = "the address that the mail goes to"


@dataclass(frozen=True)
class Setting:
    """Where a receiver is set: the variable, what holds its address, and what there says whether it speaks TLS.

    `mailed` is what has the address that a mail goes to.
    """

    variable: str
    place: str
    tls: str
    mailed: str = MAILED


@dataclass(frozen=True)
class Trouble:
    """What went wrong, and the step that mends it; neither holds an address or a secret.

    `is_silence` says that an answer was waited for in vain: who asks again waits as long again.
    """

    why: str
    step: str
    is_silence: bool = False


class Silent(Unavailable):
    """A receiver was waited for in vain; what else there is for it can wait for the next delivery."""


WEBHOOK = Setting("MONITORING_WEBHOOK_URL", "MONITORING_WEBHOOK_URL", "the scheme (http or https)")
# What an error is, the worst known first, and what to do: `{}` is the setting's place.
KINDS: tuple[tuple[type[BaseException], str, str], ...] = (
    (ssl.SSLCertVerificationError, "its TLS certificate is not valid for it here", "Correct the host or {tls} in {}."),
    (ssl.SSLError, "TLS failed: it may speak none on that port", "Correct the port or {tls} in {}."),
    (socket.gaierror, "its host was not found", "Correct the host in {}, or see that names are resolved here."),
    (ConnectionRefusedError, "it refused the connection", "See that it is up, and correct host and port in {}."),
    (TimeoutError, "it did not answer in time", "See that it is up, and correct host, port or {tls} in {}."),
    (ConnectionError, "it broke off the connection", "See that it is up, and correct host, port or {tls} in {}."),
    (smtplib.SMTPServerDisconnected, "it broke off", "See that it is up, and correct host, port or {tls} in {}."),
    (http.client.InvalidURL, "its URL is malformed", "Correct {}."),
    (http.client.HTTPException, "its answer is not HTTP", "Correct host, port or {tls} in {}."),
    (ValueError, "what is set for it is malformed", "Correct {}."),
)
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)
FIRST_REDIRECT, FIRST_BAD, FIRST_BROKEN = 300, 400, 500
TOO_MANY = 429
AGAIN = "See that it is up; the next delivery tries again."


def connection_setting(variable: str, connection: str, tls: str, mailed: str = MAILED) -> Setting:
    """Of a connection of Airflow by its id; what may be a URL that was put in its place is not repeated."""
    if not re.fullmatch(r"(?!xox)[\w.#-]{1,60}", connection):
        return Setting(variable, f"the Airflow connection that {variable} names", tls, mailed)
    return Setting(f"{variable}={connection}", f"the Airflow connection {connection}", tls, mailed)


def not_taken(channel: str, setting: Setting, trouble: Trouble) -> Unavailable:
    """The refusal when a receiver does not take a message: `Silent` when it did not answer in time."""
    return (Silent if trouble.is_silence else Unavailable)(
        "alerts.receiver",
        f"The receiver behind {channel} ({setting.variable}) did not take the message: {trouble.why}.",
        next_step=trouble.step,
    )


def trouble_of(error: BaseException, setting: Setting) -> Trouble:
    """The trouble that an error tells of, or what led to it."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, smtplib.SMTPException) and not isinstance(one, smtplib.SMTPServerDisconnected):
            if FIRST_BAD <= (status := _status(one)) < FIRST_BROKEN:
                return Trouble(f"it puts off the mail, with status {status}", AGAIN)
            return _of_mail(one, setting)
    for kind, why, step in KINDS:
        if any(isinstance(one, kind) for one in chain):
            return Trouble(why, step.format(setting.place, tls=setting.tls), kind is TimeoutError)
    return Trouble(_named(chain), f"See that it is up, and that {setting.place} is right.")


def answered(status: int, setting: Setting) -> Trouble:
    """Of an answer over HTTP that is not a yes."""
    why = f"it answered with status {status}"
    if status == TOO_MANY or status >= FIRST_BROKEN:
        return Trouble(why, AGAIN)
    if FIRST_REDIRECT <= status < FIRST_BAD:
        return Trouble(why, f"A redirect is not followed: put the URL that it leads to into {setting.place}.")
    return Trouble(why, _valid(setting))


def not_ok(setting: Setting) -> Trouble:
    """Of a Slack that says what is wrong in its answer, under a status that says yes."""
    return Trouble("it answered with status 200, but not ok", _valid(setting))


def _valid(setting: Setting) -> str:
    return f"See that the URL in {setting.place} is right and still valid."


def _of_mail(error: smtplib.SMTPException, setting: Setting) -> Trouble:
    place = setting.place
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return Trouble(f"it rejected the address, with status {_status(error)}", f"Correct {setting.mailed}.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Trouble("it offers no STARTTLS, or no login", f"Correct {setting.tls}, or the login, in {place}.")
    if not isinstance(error, smtplib.SMTPResponseException):
        return Trouble(type(error).__name__, f"See that it is up, and that {place} is right.")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        why = f"it rejected login and password, with status {error.smtp_code}"
        return Trouble(why, f"Correct login and password in {place}.")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Trouble(f"it rejected the sender, with status {error.smtp_code}", "Correct MONITORING_SMTP_FROM.")
    return Trouble(f"it answered with status {error.smtp_code}", f"See that it is up, and that {place} is right.")


def _status(error: smtplib.SMTPException) -> int:
    """Below 500 it is for now, and 0 is none at all."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((int(said[0]) for said in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it; what urllib wraps is a `reason`, and no cause."""
    seen: list[BaseException] = []
    left: list[object] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and all(one is not before for before in seen):
            seen.append(one)
            yield one
            left += [one.__cause__, one.__context__]
            left += [one.reason] if isinstance(one, urllib.error.URLError) else []


def _named(chain: list[BaseException]) -> str:
    numbers = [one.errno for one in chain if isinstance(one, OSError) and one.errno is not None]
    if any(number in UNREACHABLE for number in numbers):
        return "its network cannot be reached from here"
    return ", ".join([type(chain[0]).__name__, *(errno.errorcode.get(number, str(number)) for number in numbers)])
