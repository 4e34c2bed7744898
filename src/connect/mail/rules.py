"""When a mail is tried again, and what stands at its foot."""

from datetime import timedelta

from connect.mail.kinds import Kind, MailClass

# RFC 5321 4.5.4.1: wait at least half an hour once it fails, give up after four or five days.
WAITS = [timedelta(minutes=m) for m in (1, 5, 30, 120)]
LATER = timedelta(hours=6)
GIVE_UP = timedelta(days=5)


def wait_after(tries: int) -> timedelta:
    """How long to wait after *tries* failures, 1 or more."""
    return WAITS[tries - 1] if tries <= len(WAITS) else LATER


def foot(kind: Kind, *, stop: str, choices: str) -> str:
    """Why one got a mail of *kind*, and how to stop it.

    Args:
        stop: the address that stops this kind; empty where nothing can.
        choices: the address of the page with all kinds.
    """
    if stop:
        return f"{kind.why}\nStop mails like this: {stop}\nChoose which mails you get: {choices}\n"
    if kind.of is MailClass.SECURITY:
        return f"{kind.why}\nMails like this cannot be switched off.\n"
    return f"{kind.why}\n"
