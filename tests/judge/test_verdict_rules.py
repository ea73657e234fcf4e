"""When a check passes, and that nothing else ever counts as a pass."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.events import CheckStarted, SuiteFinished, SuiteStarted
from grader.model import Outcome

Judge = Callable[..., Any]
HEAD = '@check(tier=1, section="§1")\n'
SOURCE = "def one():\n    return 1\ndef nothing():\n    return None\n"


def one_check(body: str, arguments: str = "subject", head: str = HEAD) -> str:
    """A suite of one check."""
    return f'{head}def test_it({arguments}):\n    """It."""\n    {body}\n'


@pytest.mark.parametrize(
    ("suite", "outcome", "words"),
    [
        (one_check("expect(subject.one(), 'one()').equals(1)"), "passed", ""),
        (one_check("expect(subject.one(), 'one()').equals(2)"), "failed", "one() was 1, not 2"),
        (one_check("pytest.skip('not today')"), "skipped", "not today"),
        (one_check("subject.one()", head="@pytest.mark.skip(reason='later')\n" + HEAD), "skipped", "later"),
        (one_check("subject.one()", head="@pytest.mark.skipif(True, reason='here')\n" + HEAD), "skipped", "here"),
        (one_check("pytest.xfail('known')"), "skipped", "known"),
        (one_check("assert subject.one() == 2", head="@pytest.mark.xfail\n" + HEAD), "skipped", ""),
        (one_check("subject.one()", head="@pytest.mark.xfail\n" + HEAD), "infra_error", "did not run to its end"),
        (one_check("subject.one()", head="@pytest.mark.xfail(strict=True)\n" + HEAD), "infra_error", "did not run"),
        (one_check("1 / 0"), "infra_error", "the check itself failed: ZeroDivisionError"),
        (one_check("assert subject.one() == 2"), "infra_error", "the check itself failed: AssertionError"),
        (one_check("subject.one()", "subject, nothing_like_it"), "infra_error", "nothing_like_it"),
        (one_check("raise SystemExit(0)"), "infra_error", "SystemExit"),
        (one_check("subject.one(object())"), "infra_error", "mark its class with @exported"),
        (one_check("subject.nothing().get('x')"), "failed", "'NoneType' object has no attribute 'get'"),
        (one_check("subject.nothing()['x']"), "failed", "'NoneType' object is not subscriptable"),
        (one_check("a, b = [subject.one()]"), "failed", "not enough values to unpack"),
        (one_check("attr(subject.nothing(), 'size')"), "failed", "None has no size"),
        (
            one_check("{}[subject.one()]"),
            "failed",
            "the check could not go on with what your code returned or stored: 1",
        ),
    ],
)
def test_only_a_check_that_ran_to_its_end_passes(judged: Judge, suite: str, outcome: str, words: str) -> None:
    """Skips, expected failures and errors of the suite are what they are, and no pass."""
    run = judged(suite, SOURCE)
    it = run.checks["it"]
    assert it.outcome == outcome, it.message
    assert words in it.message
    assert run.end.passed == (outcome == "passed")
    assert run.end.exit_code == {"passed": 0, "infra_error": 3}.get(outcome, 1)
    (finished,) = [event for event in run.events if isinstance(event, SuiteFinished)]
    assert (finished.passed, finished.total) == (run.end.passed, 1)


FIXTURE = '''
@pytest.fixture
def thing(subject):
    {before}
    yield 1
    {after}

@check(tier=1, section="§1")
def test_it(subject, thing):
    """It."""
    expect(subject.one(), "one()").equals({expected})

@check(tier=1, section="§1")
def test_next(subject):
    """Next."""
    expect(subject.one(), "one()").equals(1)
'''


@pytest.mark.parametrize(
    ("before", "after", "expected", "outcome"),
    [
        ("pass", "pass", 1, "passed"),
        ("1 / 0", "pass", 1, "infra_error"),
        ("None.get", "pass", 1, "infra_error"),
        ("pass", "1 / 0", 1, "infra_error"),
        ("pass", "1 / 0", 2, "failed"),
        ("pytest.skip('no server')", "pass", 1, "skipped"),
        ("subject.missing()", "pass", 1, "failed"),
        ("pass", "subject.missing()", 1, "failed"),
        ("pass", "expect(subject.one(), 'one() at the end').equals(5)", 1, "failed"),
        ("pass", "pytest.skip('late')", 1, "skipped"),
    ],
)
def test_a_fixture_that_fails_is_no_pass(judged: Judge, before: str, after: str, expected: int, outcome: str) -> None:
    """Before or after the check, what goes wrong counts; the first failure is the one told."""
    run = judged(FIXTURE.format(before=before, after=after, expected=expected), SOURCE)
    assert run.outcomes == {"it": outcome, "next": "passed"}


CHOICE = "".join(
    f'@check(tier={tier}, section="§{tier}", weight={weight})\ndef test_{name}(subject):\n    """{name.title()}."""\n\n'
    for name, tier, weight in (("alpha", 1, 1), ("beta", 1, 2), ("gamma", 2, 1), ("alphabet", 3, 1))
)


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, ["alpha", "beta", "gamma", "alphabet"]),
        ({"tier": 1}, ["alpha", "beta"]),
        ({"tier": 2}, ["alpha", "beta", "gamma"]),
        ({"keyword": "alpha"}, ["alpha", "alphabet"]),
        ({"keyword": "alpha and not alphabet"}, ["alpha"]),
        ({"keyword": "alpha", "tier": 1}, ["alpha"]),
    ],
    ids=str,
)
def test_checks_are_chosen_by_tier_and_keyword(judged: Judge, options: dict[str, Any], chosen: list[str]) -> None:
    """Only the chosen checks run, are announced and are counted."""
    run = judged(CHOICE, SOURCE, **options)
    assert list(run.checks) == chosen
    (started,) = [event for event in run.events if isinstance(event, SuiteStarted)]
    assert [check["id"] for check in started.checks] == chosen
    assert [event.check for event in run.events if isinstance(event, CheckStarted)] == chosen
    assert (run.end.total, run.end.passed) == (len(chosen), len(chosen))


@pytest.mark.parametrize(
    ("keyword", "problem"), [("nothing", "no check was chosen by -k 'nothing'"), ("a b c", "expected end of input")]
)
def test_a_choice_of_nothing_is_a_usage_error(judged: Judge, keyword: str, problem: str) -> None:
    """No check at all is no success."""
    run = judged(CHOICE, SOURCE, keyword=keyword)
    assert run.checks == {}
    assert run.end.exit_code == 2
    assert problem in run.end.problem


DRAWN = HEAD + 'def test_it(subject, rng):\n    """It."""\n    subject.note([rng.random() for _ in range(3)])\n'


def test_the_seed_gives_the_same_numbers(judged: Judge) -> None:
    """One seed draws one set of inputs, another another; other checks and runs do not matter."""
    source = "def note(numbers): print(numbers)\n"
    other = HEAD + 'def test_before(subject, rng):\n    """Before."""\n    rng.random()\n\n'

    def drawn(suite: str, seed: int) -> str:
        return str(judged(suite, source, seed=seed).checks["it"].output)

    first = drawn(DRAWN, 7)
    assert first.count(",") == 2
    assert drawn(DRAWN, 7) == drawn(other + DRAWN, 7) == first
    assert drawn(DRAWN, 8) != first


def test_a_failure_tells_the_calls_and_a_pass_does_not(judged: Judge) -> None:
    """The last calls that crossed the wire are listed with a failed check."""
    run = judged(one_check("subject.nothing(); expect(subject.one(), 'one()').equals(2)"), SOURCE)
    assert [(moment.what, moment.answer, moment.bad) for moment in run.checks["it"].timeline] == [
        ("nothing()", "→ None", False),
        ("one()", "→ 1", True),
    ]
    assert judged(one_check("subject.one()"), SOURCE).checks["it"].timeline == ()
    assert run.outcomes["it"] is Outcome.FAILED
