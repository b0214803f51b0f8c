"""Mail: mailboxes in the mbox form, as Gmail, Thunderbird and Apple Mail export them, and files of single messages.

Those are .eml, .emlx, the files of Maildirs, and the numbered ones of MH folders.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import ITEMS_PER_CHECKPOINT, is_empty, is_twice, is_unreadable
from timeline_local.importers.embedded import Embedded
from timeline_local.importers.html_text import html_text
from timeline_local.importers.mail_flags import Flag, flags, is_of_maildir, maildir_of
from timeline_local.importers.mail_headers import evidence, first, ids, labels, people, words
from timeline_local.importers.mail_reading import Attachment, Mail, mails
from timeline_local.importers.seen import Seen

HEAD_BYTES = 8 * 1024
MAX_FILE_BYTES = 256 * 1024 * 1024
MOST_FILES = 500  # of one message
TITLE_CHARACTERS = 300

_ENDINGS = frozenset({"mbox", "mbx", "eml", "emlx", "mail", "msg", ""})
_ANY_HEADER = re.compile(
    rb"^(?:from|to|subject|date|received|message-id|return-path|mime-version|content-type|x-gm-thrid|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)
SURE_HEADERS = 2
_ANY_OF = ("from", "date", "subject", "message-id", "to", "received", "content-type")  # without them it is no message
_BEGINS = re.compile(rb"(?:\d+\s*\n)?[!-9;-~]{1,100}:")  # with a header; in an .emlx below the message's length
_OUTLOOK = (b"!BDN", b"\xd0\xcf\x11\xe0")  # .pst and .msg
# Gmail's own labels, in the languages of which exports were described; all others are the owner's, and become tags.
_SPAM = frozenset({"spam"})
_TRASH = frozenset({"trash", "papierkorb", "corbeille", "papelera", "cestino", "lixeira", "prullenbak"})
_DRAFTS = frozenset({"draft", "drafts", "entwürfe", "brouillons", "borradores", "bozze", "rascunhos", "concepten"})
_ADVERTISING = frozenset({"category promotions", "category_promotions", "kategorie: werbung", "catégorie : promotions"})
_STARRED = frozenset({"starred", "markiert", "suivis", "destacados", "speciali", "com estrela", "met ster"})
_OF_GMAIL = frozenset(
    {
        "inbox", "sent", "unread", "opened", "important", "archived", "chat", "chats", "snoozed", "muted", "scheduled",
        "posteingang", "gesendet", "ungelesen", "geöffnet", "wichtig", "archiviert",
        "boîte de réception", "messages envoyés", "non lus", "ouvert", "archivé",
        "recibidos", "enviado", "enviados", "no leído", "abierto", "importante", "archivado",
        "posta in arrivo", "inviati", "da leggere", "aperti", "importanti", "archiviati",
    }
)  # fmt: skip
# What programs write before a subject when it is answered or sent on: "Re: ", "AW: ", "Fwd[2]: ", "回复：".
_ANSWERS = re.compile(
    r"(?:(?:re|aw|antw|sv|vs|fwd?|wg|tr|rv|res|enc|odp|pd|ynt|ilt|vl|vb|bls|doorst|rif|r|i|"
    r"回复|答复|转发|回覆|轉寄|ответ|отв)(?:\[\d+\]|\^\d+|\(\d+\))?\s*[:\uff1a]\s*)+",
    re.IGNORECASE,
)
NO_SUBJECT = "No subject"
_CATEGORY = re.compile(r"category_[a-z]+|(?:category|kategorie:|catégorie :|categoría:|categoria:) .+", re.IGNORECASE)
_LEFT_OUT = (
    (_DRAFTS, "never-sent", "It is a draft that was never sent."),
    (_TRASH, "trashed-at-source", "It lay in the trash of Gmail."),
    (_SPAM, "junk", "Gmail took it for spam."),
    (_ADVERTISING, "junk", "Gmail took it for advertising."),
)
# The same of a Maildir, whose folders other programs call by more names.
_LEFT_OUT_FOLDERS = (
    (_DRAFTS, "never-sent", "It lay among the drafts."),
    (_TRASH | {"deleted messages", "deleted items"}, "trashed-at-source", "It lay in the trash."),
    (_SPAM | {"junk", "junk e-mail"}, "junk", "It lay in the folder for spam."),
)
_FLAGGED_OUT = (
    (Flag.DRAFT, "never-sent", "It is a draft that was never sent."),
    (Flag.THROWN_AWAY, "trashed-at-source", "It was thrown away; the program had not yet cleared it out."),
)


@dataclass(frozen=True, slots=True)
class MailSource:
    name: str = "mail"
    title: str = "Mail"

    def recognise(self, folder: Folder) -> Recognition:
        """By the first lines of a mailbox or message; of Outlook's own forms it says what to choose."""
        sample = folder.sample()
        found = next((file for file in sample if _is_mail(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds mail, {found.locator} for one.")
        hint = ""
        if any(_is_outlook(folder, file) for file in sample):
            hint = (
                "This is Outlook's own form of mail, which only Outlook reads. Save the messages as .eml, or open the "
                "account in Thunderbird and import the mailboxes of its profile."
            )
        return Recognition(0.0, "There is no mail in this folder.", hint)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_mail, options, checkpoint):
            yield from _Mailbox(folder, file, options, seen).items(done)


def _is_mail(folder: Folder, file: File) -> bool:
    ending = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    if ending not in _ENDINGS and not is_of_maildir(file.locator):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    lines = len(set(_ANY_HEADER.findall(head.lower())))
    if _is_mailbox(head):
        return lines >= 1
    return lines >= SURE_HEADERS and (ending == "eml" or _BEGINS.match(head) is not None)


def _is_mailbox(head: bytes) -> bool:
    return head.startswith(b"From ")


def _is_outlook(folder: Folder, file: File) -> bool:
    return file.name.lower().endswith((".pst", ".ost", ".msg")) and folder.head(file.locator, 4).startswith(_OUTLOOK)


@dataclass(slots=True)
class _Mailbox:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one message without its files."""
        is_mailbox = _is_mailbox(self.folder.head(self.file.locator, HEAD_BYTES))
        try:
            with self.folder.open(self.file.locator) as opened:
                for count, mail in enumerate(mails(opened, is_mailbox=is_mailbox), 1):
                    found = self._of(mail, f"{self.file.locator}#{count}")
                    if count > skip:
                        yield from found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except OSError as error:
            yield is_unreadable(self.file, error)

    def _of(self, mail: Mail, where: str) -> list[Item]:
        """One message; what is wrong with it ends no mailbox."""
        try:
            return list(self._message(mail, where))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # The standard library's readers of addresses and dates raise any of these on headers that are none.
            return [Problem(where, "message-broken", "The headers of this message cannot be read.")]

    def _message(self, mail: Mail, where: str) -> Iterator[Item]:
        told = labels(mail.headers)
        folded = {label.casefold() for label in told}
        left_out = next(((slug, why) for names, slug, why in _LEFT_OUT if folded & names), None)
        if not any(first(mail.headers, name) for name in _ANY_OF):
            yield Problem(where, "message-broken", "This is no message: it has neither sender, subject nor date.")
            return
        left_out = left_out or self._left_out_by_program(mail)
        if left_out is not None:
            yield Problem(where, *left_out)
            return
        key = next(iter(ids(first(mail.headers, "message-id"))), "") or f"mail {mail.digest}"
        if self.seen.number(key) > 1:
            yield is_twice(where)
            return
        yield from self._draft(mail, key, told, where)

    def _left_out_by_program(self, mail: Mail) -> tuple[str, str] | None:
        """Why the program that kept the message would not show it: by the folder it lay in, and by its marks."""
        mailbox = maildir_of(self.file.locator).casefold()
        by_folder = next(((slug, why) for names, slug, why in _LEFT_OUT_FOLDERS if mailbox in names), None)
        marks = flags(mail.headers, self.file.name)
        return by_folder or next(((slug, why) for flag, slug, why in _FLAGGED_OUT if flag in marks), None)

    def _draft(self, mail: Mail, key: str, told: tuple[str, ...], where: str) -> Iterator[Item]:
        title, body = words(first(mail.headers, "subject"))[:TITLE_CHARACTERS], _body(mail)
        longest = self.options.note_characters
        if len(body) > longest or mail.is_cut:
            detail = (
                f"The message is longer than can be kept in one; its first {min(len(body), longest):,} characters are."
            )
            yield Problem(f"{where}#text", "text-cut", detail)
        media: list[MediaRef] = []
        for number, each in enumerate(mail.attachments, 1):
            found = self._file(each, number, f"{where}#{number}")
            if isinstance(found, Problem) or len(media) >= MOST_FILES:
                many = Problem(f"{where}#{number}", "too-many", f"A message holds at most {MOST_FILES} files.")
                yield found if isinstance(found, Problem) else many
            else:
                media.append(
                    MediaRef(locator=found.locator, role=MediaRole.ATTACHMENT, position=len(media), name=found.name)
                )
        if not (title or body or media):
            yield is_empty(where)
            return
        answered = next(iter(ids(first(mail.headers, "in-reply-to"))), "")
        back_to = [each for each in (*ids(first(mail.headers, "references")), answered) if each not in ("", key)]
        yield Draft(
            source_key=key,
            kind=Kind.MESSAGE,
            title=title,
            body=body[:longest],
            evidence=evidence(mail.headers, mail.envelope),
            people=people(mail.headers),
            tags=tuple(label for label in told if not _is_gmails(label)),
            favourite=any(label.casefold() in _STARRED for label in told)
            or Flag.MARKED in flags(mail.headers, self.file.name),
            media=tuple(media),
            collections=_thread(back_to, title),
            relations=(RelationRef(kind=RelationKind.REPLY, source_key=answered),) if answered else (),
            raw=mail.head,
        )

    def _file(self, each: Attachment, number: int, where: str) -> Embedded | Problem:
        if not each.size:
            return Problem(where, "empty", "The file that was attached is empty.")
        if each.size > MAX_FILE_BYTES:
            detail = f"The file that was attached has {each.size:,} bytes; at most {MAX_FILE_BYTES:,} are taken."
            return Problem(where, "too-large", detail)
        name = each.name or f"file {number}{'.eml' if each.mime == 'message/rfc822' else ''}"
        return Embedded(self.file.locator, each.coding, each.start, each.length, each.size, name)


def _thread(back_to: Sequence[str], subject: str) -> tuple[CollectionRef, ...]:
    """The thread of an answer: by the first message that it goes back to, and called by the subject of that one."""
    if not back_to:
        return ()
    began = unicodedata.normalize("NFC", back_to[0])
    name = _ANSWERS.sub("", subject, count=1) or NO_SUBJECT
    return (CollectionRef(key=began, name=name, kind=CollectionKind.CONVERSATION, begins=began),)


def _is_gmails(label: str) -> bool:
    folded = label.casefold()
    return folded in _OF_GMAIL or folded in _STARRED or _CATEGORY.fullmatch(label) is not None


def _body(mail: Mail) -> str:
    """The plain text; of mail in HTML alone what it says."""
    plain = "\n\n".join(text.strip() for mime, text in mail.texts if mime == "text/plain" and text.strip())
    if plain:
        return plain
    return "\n\n".join(told for mime, text in mail.texts if mime == "text/html" and (told := html_text(text)))
