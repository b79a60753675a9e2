"""Books: plain text as Project Gutenberg prints it or of any other origin.

Licence header and footer are stripped, any usual encoding and line ending is read, and wrapped lines are joined, so
that a paragraph is one line of running text.
"""

from __future__ import annotations

import codecs
import re

from babilong.errors import DataError

# "*** START OF THIS PROJECT GUTENBERG EBOOK EMMA ***", at times over two lines; older files end with "End of ...".
# The oldest have their licence, the "small print", before the book, and end it with "*END*".
_START = re.compile(
    r"\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG.*?\*\*\*|\*END ?\*? ?THE SMALL PRINT!.*?\*END\*",
    re.DOTALL | re.IGNORECASE,
)
_END = re.compile(
    r"\*\*\* ?END OF (?:THE|THIS) PROJECT GUTENBERG|^\s*End of (?:the |this )?Project Gutenberg",
    re.MULTILINE | re.IGNORECASE,
)
# What volunteers say of their work right after the header is no part of the book.
_CREDITS = re.compile(
    r"(?:E-?text )?(?:was )?(?:Produced|Prepared|Transcribed|Scanned|HTML version) (?:by|from)\b"
    r"|This e-?(?:text|book) was |Transcriber.?s.? note",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(r"\n\s*\n")


def decode(raw: bytes, name: str) -> str:
    """The text of a file in UTF-8, UTF-16 or, failing these, the single-byte Windows-1252 of older books.

    Raises:
        DataError: the bytes are no text in any of these, or UTF-8 that is broken somewhere.
    """
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    raw = raw if wide else raw.rstrip(b"\x1a")  # how DOS ended files
    mark = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
    encodings = ("utf-16",) if wide else ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and _is_mostly_utf8(raw):
                raise DataError(
                    f"Cannot read the book {name}: it is UTF-8, but for byte {mark + error.start}; mend or remove it."
                ) from error
            continue
        # Binary files decode as Latin-1 too; no book holds control characters.
        if not re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise DataError(
        f"Cannot read the book {name}: it is no text in UTF-8, UTF-16 or Windows-1252; convert or remove it."
    )


def _is_mostly_utf8(raw: bytes) -> bool:
    """Whether of what is beyond ASCII more is valid than not, which chance makes of no other encoding."""
    beyond = [character for character in raw.decode(errors="replace") if character > "\x7f"]
    return 2 * beyond.count("\ufffd") < len(beyond)


def strip_licence(text: str) -> str:
    """The book without Project Gutenberg's header, producers' credits and footer; other texts as they are."""
    start = _START.search(text)
    end = _END.search(text, start.end() if start else 0)
    body = text[start.end() if start else 0 : end.start() if end else len(text)]
    while start and _CREDITS.match(body := body.lstrip()):
        body = _BLANK_LINE.split(body, maxsplit=1)[1] if _BLANK_LINE.search(body) else ""
    return body


def paragraphs(text: str) -> tuple[str, ...]:
    """Paragraphs as single lines, empty ones left out."""
    return tuple(joined for block in _BLANK_LINE.split(text) if (joined := " ".join(block.split())))
