"""E-mail to users: written to the folder ``Mail`` as one file each, for whatever program the site sends mail with."""

from __future__ import annotations

import os
import uuid
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import omero

FOLDER = "Mail"


def queue(data: Path, to: str, subject: str, text: str, html: bool = False) -> Path:
    """Write a message to *to*; return its file, which its owner only can read. ApiUsageException for a bad address."""
    message = EmailMessage()
    try:
        message["To"], message["Subject"], message["Date"] = to, subject, formatdate()
    except ValueError as error:
        raise omero.ApiUsageException(None, None, f"An e-mail cannot be sent like this: {error}.") from error
    message.set_content(text, subtype="html" if html else "plain")
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{uuid.uuid4()}.eml"
    hidden = path.with_suffix(".part")  # a sender that looks for *.eml never sees half of one
    with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(message.as_bytes())
    hidden.rename(path)
    return path
