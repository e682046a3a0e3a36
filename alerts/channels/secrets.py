"""Secrets out of files, read anew each time they are used: where a name leads, and who else may read it. Values never reach a log."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path

from alerts.channels.faults import GiveUp

log = logging.getLogger(__name__)

CREDENTIAL = "credential:"  # systemd.exec(5), LoadCredential=: a file that only the service sees
PART = re.compile(r"[A-Za-z0-9_+-]{16,}")  # no word of an address or a header is that long; a token is
_told: set[Path] = set()  # files already complained of


def where(name: str | Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The file of a name in the configuration: a path, or `credential:<id>` for one that systemd hands to the service.

    FileNotFoundError for a credential where there are none.
    """
    path = str(name)
    if not path.startswith(CREDENTIAL):
        return Path(path)
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise FileNotFoundError(2, f"没有 systemd 凭据 no credentials are passed to this process ({path})")
    return Path(folder) / path.removeprefix(CREDENTIAL)


def too_open(path: Path) -> bool:
    """May others than its owner read or change it? OSError when it is not there. systemd guards its credentials itself."""
    return not str(path).startswith("/run/credentials/") and bool(path.stat().st_mode & 0o077)


def content(name: str | Path) -> str:
    """The text of a secret file. OSError or UnicodeDecodeError when it cannot be read.

    One that others may read is used all the same, since a message held back is worse, and complained of once; `check`
    and `doctor` do not pass it.
    """
    path = where(name)
    if path not in _told and too_open(path):
        _told.add(path)
        log.warning("密钥文件别人也能读 others may read the secret file %s: chmod 600 %s", path, path)
    return path.read_text(encoding="utf-8")


def why(error: Exception) -> str:
    """The words of an error of `content`, without anything that stands in the file."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "不是文本 not text" if isinstance(error, UnicodeError) else str(error)


def hidden(text: str, *said: str) -> str:
    """The text without anything of what was said to the far side that may be a secret: an address with its token, a header, a password.

    A far side that quotes the request back would else have it in the journal and on the screen.
    """
    for part in {part for one in said for part in PART.findall(one)}:
        text = text.replace(part, "…")
    return text


def read(path: Path, *names: str) -> dict[str, str]:
    """The named values of a file of `name = value` lines. Raises GiveUp naming what is missing, never what is there."""
    try:
        text = content(path)
    except (OSError, UnicodeDecodeError) as error:
        raise GiveUp(f"密钥文件读不到 secret file not readable: {why(error)}") from None
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    found = {name.strip(): value.strip() for name, _, value in pairs}
    missing = [name for name in names if not found.get(name)]
    if missing:
        raise GiveUp(f"密钥文件里缺少 missing in the secret file: {', '.join(missing)}")
    return found
