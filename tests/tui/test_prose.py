"""Pages: Markdown laid out for a width."""

from textual.content import Content

from grader.tui.prose import lay_out, read


def page(markdown: str, width: int = 40) -> list[str]:
    """The lines of a page."""
    return lay_out(read(markdown), width).plain.splitlines()


def test_paragraphs_wrap_and_keep_a_line_between_them() -> None:
    """Line breaks of the source mean nothing; empty lines do."""
    assert page("one\ntwo three four\n\nfive", 10) == ["one two", "three four", "", "five"]


def test_list_items_hang_under_their_text() -> None:
    """Bullets and numbers stand alone to the left, nested lists one step further."""
    lines = page("* one two three\n* four\n  1. five six seven\n  2. eight\n", 12)
    assert lines == ["• one two", "  three", "• four", "  1. five six", "     seven", "  2. eight"]


def test_loose_items_keep_their_paragraphs_apart() -> None:
    """A second paragraph of an item is indented as the first one."""
    assert page("* one\n\n  two\n\n* three") == ["• one", "", "  two", "", "• three"]


def test_drawings_are_never_wrapped() -> None:
    """A diagram keeps its shape, however narrow the screen."""
    drawing = "┌────────────────────────┐\n│  a  │──▶ somewhere else │"
    assert page(f"```\n{drawing}\n```", 10) == [f"  {line}" for line in drawing.splitlines()]


def test_long_lines_of_code_go_on_deeper() -> None:
    """A line of code too long for the screen continues below, indented more than it began."""
    assert page("```python\nif x:\n    call(alpha, beta, gamma)\n```", 24) == [
        "  if x:",
        "      call(alpha, beta,",
        "          gamma)",
    ]


def test_tables_shrink_their_widest_column() -> None:
    """Cells wrap inside their column."""
    lines = [line.rstrip() for line in page("|name|meaning|\n|-|-|\n|a|one two three four five|\n", 20)]
    assert lines == ["name  meaning", "─" * 20, "a     one two three", "      four five"]


def test_markup_in_a_page_is_text() -> None:
    """Square brackets in code and text mean nothing to the screen."""
    shown = lay_out(read("A `list[int]` and [/red] and [bold]x[/bold]"), 60)
    assert isinstance(shown, Content)
    assert shown.plain == "A list[int] and [/red] and [bold]x[/bold]"


def test_quotes_rules_and_strong_words() -> None:
    """A quote has a bar, a rule fills the width, strong words are bold."""
    assert page("> said\n\n---\n", 10) == ["│ said", "", "─" * 10]
    spans = [(span.start, span.end) for span in lay_out(read("a **b** c"), 20).spans if span.style == "bold"]
    assert spans == [(2, 3)]
