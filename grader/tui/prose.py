"""Specs and hints: Markdown read once into blocks, and laid out as one text for any width.

Textual's own Markdown widget makes some 400 widgets of a spec and holds the screen for a second while it does; one
text of 600 lines takes a few milliseconds, wraps again at once when the terminal is resized, and can be put in ASCII.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content
from textual.highlight import highlight

from grader.tui.content import hanging, plain

_STYLES = {
    "h1": "bold $primary", "h2": "bold $primary", "h3": "bold", "h4": "bold", "h5": "bold", "h6": "bold",
    "strong": "bold", "em": "italic", "link": "underline", "code": "$text-warning on $warning 10%",
}  # fmt: skip
_DRAWN = re.compile("[─-╿▀-◿+|]{2}|[│┃|] ")


@dataclass(frozen=True)
class Block:
    """A piece of a page: *kind* is "text", "head", "code", "rule" or "table"; *lead* a bullet, a number or a bar."""

    kind: str
    text: Content = field(default_factory=lambda: Content(""))
    lead: str = ""
    indent: int = 0
    rows: tuple[tuple[Content, ...], ...] = ()
    tight: bool = False


def read(markdown: str) -> list[Block]:
    """The blocks of a page."""
    tokens = MarkdownIt("commonmark").enable("table").parse(plain(markdown))
    return list(_Reader().blocks(tokens))


def lay_out(blocks: list[Block], width: int) -> Content:
    """The page in *width* columns; drawings keep their own width."""
    lines: list[Content] = []
    for block in blocks:
        if lines and not block.tight:
            lines.append(Content(""))
        lines += _lines(block, width)
    return Content("\n").join(lines)


def _lines(block: Block, width: int) -> list[Content]:
    match block.kind:
        case "code":
            return list(_code(block, width))
        case "rule":
            return [Content(plain("─") * width).stylize("$text-muted")]
        case "table":
            return _table(block, width)
        case "head":
            return block.text.wrap(width)
    lead = Content.assemble((" " * (block.indent - len(block.lead)) + block.lead, "$accent"))
    return hanging(lead, block.text, width, block.indent)


def _code(block: Block, width: int) -> Iterator[Content]:
    pad = Content(" " * (block.indent + 2))
    drawn = bool(_DRAWN.search(block.text.plain))
    for line in block.text.split("\n", allow_blank=True):
        if drawn or line.cell_length + len(pad) <= width:
            yield pad + line
            continue
        deeper = len(line.plain) - len(line.plain.lstrip()) + 4
        first, *_ = line.wrap(max(8, width - len(pad)))
        rest = line[len(first.plain) :]
        yield pad + first.rstrip()
        if rest.plain.strip():
            start = len(rest.plain) - len(rest.plain.lstrip())
            yield from hanging(Content(""), rest[start:], width, len(pad) + deeper)


def _table(block: Block, width: int) -> list[Content]:
    columns = max(map(len, block.rows))
    rows = [(*row, *([Content("")] * (columns - len(row)))) for row in block.rows]
    wide = [max(row[column].cell_length for row in rows) for column in range(columns)]
    room = width - block.indent - 2 * (columns - 1)
    while sum(wide) > room and max(wide) > 8:  # noqa: PLR2004 - a word's length
        wide[wide.index(max(wide))] -= 1
    lines: list[Content] = []
    for number, row in enumerate(rows):
        cells = [cell.wrap(wide[column]) or [Content("")] for column, cell in enumerate(row)]
        for at in range(max(map(len, cells))):
            parts = [
                _padded(cell[at].rstrip() if at < len(cell) else Content(""), wide[column])
                for column, cell in enumerate(cells)
            ]
            line = Content("  ").join(parts)
            lines.append(Content(" " * block.indent) + (line.stylize("bold") if number == 0 else line))
        if number == 0:
            ruled = plain("─") * min(width, sum(wide) + 2 * (columns - 1))
            lines.append(Content(" " * block.indent) + Content(ruled).stylize("$text-muted"))
    return lines


def _padded(cell: Content, width: int) -> Content:
    return cell + Content(" " * max(0, width - cell.cell_length))


class _Reader:
    """Where in lists, quotes and tables the tokens are."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._indents: list[int] = []
        self._lead = ""
        self._quotes = 0
        self._rows: list[tuple[Content, ...]] = []

    def blocks(self, tokens: list[Token]) -> Iterator[Block]:
        """The blocks of *tokens*."""
        for number, token in enumerate(tokens):
            self._enter_or_leave(token)
            match token.type:
                case "heading_open":
                    yield Block("head", _inline(tokens[number + 1]).stylize_before(_STYLES[token.tag]))
                case "paragraph_open":
                    yield self._paragraph(_inline(tokens[number + 1]), token, first=_first_of_list(tokens, number))
                case "fence" | "code_block":
                    code = token.content.rstrip("\n")
                    text = highlight(code, language="python") if token.info.strip() == "python" else Content(code)
                    yield Block("code", text.stylize_before("$text"), indent=sum(self._indents))
                case "hr":
                    yield Block("rule")
                case "th_open" | "td_open":
                    self._rows[-1] = (*self._rows[-1], _inline(tokens[number + 1]))
                case "table_close":
                    yield Block("table", rows=tuple(self._rows), indent=sum(self._indents))

    def _enter_or_leave(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._numbers.append(0)
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._lead = f"{self._numbers[-1]}. " if self._numbers[-1] else plain("• ")
                self._numbers[-1] += bool(self._numbers[-1])
                self._indents.append(len(self._lead))
            case "list_item_close":
                self._indents.pop()
                self._lead = ""
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "table_open":
                self._rows = []
            case "tr_open":
                self._rows.append(())

    def _paragraph(self, text: Content, token: Token, *, first: bool) -> Block:
        lead, self._lead = self._lead, ""
        mark = lead or (plain("│ ") if self._quotes else "")
        tight = token.hidden and bool(self._indents) and not first
        return Block("text", text, mark, sum(self._indents) + 2 * self._quotes, tight=tight)


def _first_of_list(tokens: list[Token], number: int) -> bool:
    """Whether the paragraph begins its list and no other list surrounds it."""
    before = [token.type for token in tokens[max(0, number - 2) : number]]
    return before[-1:] == ["list_item_open"] and before[0].endswith("list_open") and tokens[number].level <= 2  # noqa: PLR2004


def _inline(token: Token) -> Content:
    parts: list[Content] = []
    styles: list[str] = []
    for child in token.children or []:
        kind = child.type.removesuffix("_open").removesuffix("_close")
        if child.nesting == 1:
            styles.append(_STYLES.get(kind, ""))
        elif child.nesting == -1:
            styles.pop()
        elif kind in ("softbreak", "hardbreak"):
            parts.append(Content(" " if kind == "softbreak" else "\n"))
        else:
            text = Content(child.content)
            for style in [*styles, _STYLES["code"] if kind == "code_inline" else ""]:
                text = text.stylize(style) if style else text
            parts.append(text)
    return Content("").join(parts)
