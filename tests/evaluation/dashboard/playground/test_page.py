"""The playground's page: what everybody gets, why, and what a draft would change."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flags import services as flag_services
from flags.models import FlagConfig
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.dashboard.playground.conftest import SHOP, Play

pytestmark = pytest.mark.django_db
RAVI = '{"targetingKey": "ravi", "country": "IN"}'
INDIA = {"id": "india", "name": "India", "if": {"attribute": "country", "op": "in", "values": ["IN"]}}
SPLIT = {"split": {"weights": {"on": 50, "off": 50}}}


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, production: Environment) -> None:
    """On for India in development; nobody touched it in production."""
    a_flag(
        "checkout",
        development,
        enabled=True,
        rules=[{**INDIA, "serve": {"variant": "on"}}],
        fallthrough={"variant": "off"},
    )


# The demo


def test_one_can_see_why_ravi_in_india_gets_the_new_checkout(play: Play, visitor: User) -> None:
    page = play(visitor)

    assert page.row("new-checkout")[:2] == ["true rule 1, split", "true rule 1, split"]
    assert page.trace.startswith("Why Ravi gets true new-checkout Production Enabled in Production yes Only if met")
    assert (
        'Rule 1, Beta in India match true: country is any of IN it is "IN" bucket 24,796 is on, 0 to 24,999'
        in page.trace
    )
    assert "Rule 2, Beta testers with a recent app – not reached" in page.trace


def test_the_people_of_the_demo_are_offered_there_alone(
    play: Play, visitor: User, globex: Organization, charlie: User, system: Actor
) -> None:
    services.create_project(globex, key="bank", name="Bank", actor=system)

    assert "People of the demo shop" in play(visitor).html
    assert "People of the demo shop" not in play(charlie, "/organizations/globex/projects/bank/playground/").html


def test_everybody_in_the_demo_has_an_answer_or_a_reason(play: Play, visitor: User) -> None:
    page = play(visitor, environment="all")

    assert len(page.flags()) == 8
    assert len(page.row("new-checkout")) == 12
    assert page.row("new-checkout")[-1] == "no key rule 1, split"
    assert page.row("maintenance-mode")[0] == "false is off"
    assert page.row("theme")[0] == "light everyone else"


# The matrix


@pytest.mark.usefixtures("checkout")
def test_a_cell_says_value_and_why(play: Play, vera: User) -> None:
    page = play(vera, environment="development", context=[RAVI, "{}"])

    assert page.row("checkout") == ["true rule 1", "false everyone else"]


@pytest.mark.usefixtures("checkout")
def test_a_protected_environment_is_shown_first(play: Play, vera: User) -> None:
    assert play(vera, context=RAVI).row("checkout") == ["false is off"]


@pytest.mark.usefixtures("checkout")
def test_all_environments_stand_side_by_side(play: Play, vera: User) -> None:
    assert play(vera, environment="all", context=RAVI).row("checkout") == ["true rule 1", "false is off"]


@pytest.mark.usefixtures("checkout")
def test_flags_are_found_by_their_keys(play: Play, vera: User, a_flag: MakeFlag) -> None:
    a_flag("banner")

    assert play(vera).flags() == ["banner", "checkout"]
    assert play(vera, q="CHECK").flags() == ["checkout"]
    assert "No flag has “nothing” in its key." in play(vera, q="nothing").html


@pytest.mark.usefixtures("checkout")
def test_a_client_key_gets_no_hidden_flag(play: Play, vera: User, a_flag: MakeFlag, development: Environment) -> None:
    a_flag("hidden", development, enabled=True, flag={"client_visible": False})

    asked = {"environment": "development", "context": "{}"}

    assert play(vera, **asked).row("hidden") == ["true everyone"]
    assert play(vera, side="client", **asked).row("hidden") == ["error not for client keys"]


def test_the_clock_may_be_set(play: Play, vera: User, a_flag: MakeFlag, development: Environment) -> None:
    sale = {"attribute": "now", "op": "after", "values": ["2030-01-01T00:00:00Z"]}
    a_flag("sale", development, enabled=True, rules=[{"id": "r", "if": sale, "serve": {"variant": "off"}}])

    assert play(vera, context="{}").row("sale") == ["true everyone else"]
    assert play(vera, context="{}", at="2030-01-02T00:00:00Z").row("sale") == ["false rule 1"]
    assert "Write now, or a moment with its offset" in play(vera, context="{}", at="soon").of("at-fault")


def test_many_flags_take_no_more_queries(
    play: Play, vera: User, a_flag: MakeFlag, development: Environment, production: Environment
) -> None:
    drafts = {"draft_flag": "flag-0", "draft_environment": "development", "draft": '{"enabled": false}'}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert (
                play(vera, environment="all", context=[RAVI] * 4, cell="development/0/flag-0", **drafts).status == 200
            )
        return len(captured)

    a_flag("flag-0", development, enabled=True)
    play(vera)
    few = queries()
    for number in range(1, 60):
        a_flag(f"flag-{number}", development, enabled=True, fallthrough=SPLIT)

    assert queries() == few <= 35


def test_more_flags_than_fit_are_counted(play: Play, vera: User, a_flag: MakeFlag, development: Environment) -> None:
    for number in range(52):
        a_flag(f"flag-{number:02}")

    page = play(vera, context="{}")

    assert len(page.flags()) == 25
    assert "52 of 52 flags; 27 of them are not shown" in page.html


# Why


@pytest.mark.usefixtures("checkout")
def test_a_cell_opens_its_steps(play: Play, vera: User) -> None:
    page = play(vera, environment="development", name="Ravi", context=RAVI, cell="development/0/checkout")

    assert page.trace.startswith("Why Ravi gets true checkout Development Enabled in Development yes")
    assert 'Rule 1, India match true: country is any of IN it is "IN" serves on' in page.trace
    assert "Everyone else – not reached" in page.trace
    assert '"reason": "TARGETING_MATCH"' in page.trace


def test_each_kind_of_step_has_its_words(play: Play, vera: User, a_flag: MakeFlag, development: Environment) -> None:
    a_flag("core", development, enabled=False)
    a_flag("needy", development, enabled=True, prerequisites={"flag": "core", "variants": ["on"]})
    a_flag("named", development, enabled=True, targets=[{"variant": "off", "values": ["ravi"]}])
    a_flag("split", development, enabled=True, fallthrough=SPLIT)
    missing = {"attribute": "plan", "op": "in", "values": ["pro"], "negate": True}
    a_flag("ruled", development, enabled=True, rules=[{"id": "r", "if": missing, "serve": {"variant": "off"}}])

    def told(flag: str, context: str = RAVI) -> str:
        return play(vera, context=context, cell=f"development/0/{flag}").trace

    assert "Only if not met false: core serves on it is off its own steps Off in Development off" in told("needy")
    assert "Individual targets match ravi is picked by name serves off" in told("named")
    assert "Individual targets no match nobody is not among 1" in told("named", "{}")
    assert "Everyone no key the split in the fallthrough needs targetingKey split by targetingKey, of which" in told(
        "split", "{}"
    )
    assert "false: plan is none of pro it is missing" in told("ruled")


def test_what_many_ask_for_is_told_once(
    play: Play, vera: User, a_flag: MakeFlag, development: Environment, shop: Project, system: Actor
) -> None:
    flag_services.set_prerequisite_depth(shop, 10, actor=system)
    a_flag("core", development, enabled=True)
    for depth in range(9):
        below = {"flag": f"f{depth - 1}" if depth else "core", "variants": ["on"]}
        a_flag(f"f{depth}", development, enabled=True, prerequisites={"all": [below] * 20})

    page = play(vera, context="{}", cell="development/0/f8")

    assert page.trace.count("its own steps") == 9
    assert len(page.html) < 200_000


def test_a_group_and_a_segment_are_told_with_their_parts(
    play: Play, vera: User, a_flag: MakeFlag, development: Environment, shop: Project, system: Actor
) -> None:
    pro = {"attribute": "plan", "op": "in", "values": ["pro"]}
    flag_services.create_segment(shop, {"key": "payers", "rules": [pro]}, actor=system)
    either = {"any": [{"segment": "payers"}, {"attribute": "app.version", "op": "semver_gte", "values": ["2.4.0"]}]}
    a_flag("ruled", development, enabled=True, rules=[{"id": "r", "if": either, "serve": {"variant": "off"}}])

    trace = play(vera, context='{"app": {"version": "2.5.0"}}', cell="development/0/ruled").trace

    assert (
        "true: any of these false: in segment payers none of its rules matches false: plan is any of pro it is missing "
        'true: app.version is version at least 2.4.0 app → version is "2.5.0" serves off'
    ) in trace


def test_a_cell_of_another_environment_is_opened_in_the_one_that_is_shown(
    play: Play, vera: User, checkout: None
) -> None:
    page = play(vera, environment="development", context=RAVI, cell="production/0/checkout")

    assert "Enabled in Development" in page.trace


@pytest.mark.parametrize("cell", ["nonsense", "development/7/checkout", "development/0/gone", "development/x"])
@pytest.mark.usefixtures("checkout")
def test_a_cell_that_is_not_there_opens_nothing(play: Play, vera: User, cell: str) -> None:
    assert "Press a cell to see every step" in play(vera, context=RAVI, cell=cell).trace


# What was typed


@pytest.mark.usefixtures("checkout")
def test_a_context_that_breaks_keeps_its_text_and_the_matrix(play: Play, vera: User) -> None:
    page = play(vera, environment="development", name="Ravi", context='{\n "country": "IN",\n}', kept=RAVI)

    assert page.row("checkout") == ["true rule 1"]
    assert "Line 2, column 17: a comma before } is not JSON." in page.of("context-0-fault")
    assert "still shows the last context that could be read" in page.of("context-0-fault")
    assert "&quot;country&quot;: &quot;IN&quot;,\n}" in page.html
    assert 'aria-invalid="true"' in page.html


@pytest.mark.usefixtures("checkout")
def test_a_context_that_never_could_be_read_has_empty_cells(play: Play, vera: User) -> None:
    assert play(vera, context="no JSON").row("checkout") == ["The context cannot be read –"]


@pytest.mark.usefixtures("checkout")
def test_what_was_typed_cannot_break_out_of_the_page(play: Play, vera: User) -> None:
    typed = "</textarea><script>alert(1)</script>"

    page = play(vera, name=typed, context=typed, q=typed, at=typed, cell=typed, draft_flag=typed, draft=typed)

    assert "<script>alert" not in page.html


# Drafts


@pytest.mark.usefixtures("checkout")
def test_a_draft_shows_who_would_get_something_else(play: Play, vera: User) -> None:
    draft = {
        "draft_flag": "checkout",
        "draft_environment": "development",
        "draft": 'rule r1: country in ["LV"]\n  serve on',
    }

    page = play(vera, environment="development", context=[RAVI, '{"country": "LV"}', "{}"], **draft)

    assert page.row("checkout") == [
        "false everyone else saved: true",
        "true rule 1 saved: false",
        "false everyone else",
    ]
    assert FlagConfig.objects.get(environment__key="development").rules[0]["id"] == "india"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"rules": [{"serve": {"variant": "onn"}}]}', 'Rules[0].serve.variant: there is no variant "onn"'),
        ("rule r1: serves", "Line 1, column"),
        ("{", "Line 1, column 2: a name in double quotes belongs here."),
    ],
)
@pytest.mark.usefixtures("checkout")
def test_a_draft_that_is_wrong_says_so_and_counts_for_nothing(play: Play, vera: User, text: str, told: str) -> None:
    draft = {"draft_flag": "checkout", "draft_environment": "development", "draft": text}

    page = play(vera, environment="development", context=RAVI, **draft)

    assert told in page.of("draft-0-faults")
    assert page.row("checkout") == ["true rule 1"]


@pytest.mark.usefixtures("checkout")
def test_a_draft_of_a_flag_that_is_gone_is_told(play: Play, vera: User) -> None:
    draft = {"draft_flag": "gone", "draft_environment": "production", "draft": "{}"}

    assert 'There is no flag "gone" here' in play(vera, context=RAVI, **draft).of("draft-0-faults")


# Buttons and links


@pytest.mark.usefixtures("checkout")
def test_buttons_add_and_remove_without_a_script(play: Play, vera: User) -> None:
    added = play(vera, context=RAVI, name="Ravi", do="add-context")
    drafted = play(
        vera, added.location.partition("#")[0], do="add-draft development/checkout", environment="development"
    )
    page = play(vera, drafted.location)
    dropped = play(vera, context=[RAVI, "{}"], name=["Ravi", "Nobody"], do="drop-context 0")

    assert added.location.endswith("#context-1")
    assert drafted.location.endswith("#draft-0")
    assert page.html.count('name="draft_flag" value="checkout"') == 1
    assert "name=Nobody" in dropped.location
    assert "Ravi" not in dropped.location


@pytest.mark.usefixtures("checkout")
def test_a_draft_begins_with_what_is_saved(play: Play, vera: User) -> None:
    on = play(vera, play(vera, environment="development", do="add-draft development/checkout").location)
    off = play(vera, play(vera, environment="production", do="add-draft production/checkout").location)

    assert "rule india &quot;India&quot;: country in [&quot;IN&quot;]" in on.html
    assert "&quot;enabled&quot;: false" in off.html


@pytest.mark.parametrize("do", ["nonsense", "add-draft gone/checkout", "add-draft", "drop-draft 7", "drop-context x"])
@pytest.mark.usefixtures("checkout")
def test_a_button_that_means_nothing_changes_nothing(play: Play, vera: User, do: str) -> None:
    assert play(vera, environment="production", name="", context=RAVI, do=do).location.startswith(
        f"{SHOP}?environment=production&name=&context="
    )


@pytest.mark.usefixtures("checkout")
def test_htmx_gets_parts_and_the_address_that_they_have(play: Play, vera: User) -> None:
    typed = {"environment": "development", "name": "Ravi", "context": RAVI, "cell": "development/0/checkout"}

    trace = play(vera, part="trace", **typed)
    answer = play(vera, part="played", **typed)

    assert trace.html.lstrip().startswith("<section")
    assert "<table" not in trace.html
    assert answer.html.lstrip().startswith('<div class="matrix-wrap"')
    assert 'id="context-0-fault" aria-live="polite" hx-swap-oob="true"' in answer.html
    assert trace.address == answer.address
    assert play(vera, trace.address.removeprefix("http://testserver")).trace == answer.trace


@pytest.mark.usefixtures("checkout")
def test_what_is_too_long_for_an_address_may_be_posted(play: Play, vera: User) -> None:
    long = f'{{"country": "IN", "groups": ["{"x" * 100_000}"]}}'
    typed = {"method": "post", "environment": "development", "name": "Ravi", "context": long}

    answer = play(vera, part="played", **typed)
    moved = play(vera, part="", do="add-context", **typed)
    plain = play(vera, **typed)

    assert answer.row("checkout") == ["true rule 1"]
    assert (moved.status, moved.leads_to.startswith(f"{SHOP}?packed=")) == (204, True)
    assert (plain.status, len(plain.location) < 1_000) == (302, True)
    assert play(vera, plain.location).row("checkout") == ["true rule 1"]


@pytest.mark.usefixtures("checkout")
def test_the_last_context_may_be_removed(play: Play, vera: User) -> None:
    page = play(vera, play(vera, context="{}", do="drop-context 0").location)

    assert "No context yet." in page.html
    assert 'name="bare"' in page.html


# Who


@pytest.mark.usefixtures("checkout")
def test_an_outsider_finds_no_playground(play: Play, charlie: User, globex: Organization) -> None:
    assert play(charlie).status == 404


@pytest.mark.usefixtures("checkout")
def test_a_stranger_is_led_to_the_login_and_back(play: Play) -> None:
    assert play(q="x").location == f"/accounts/login/?next={SHOP.replace('/', '%2F')}%3Fq%3Dx"


def test_a_project_without_environments_says_what_is_missing(play: Play, vera: User, shop: Project) -> None:
    assert "No environment to play in" in play(vera).html


def test_a_project_without_flags_says_so(play: Play, vera: User, development: Environment) -> None:
    assert "No flags yet in this project." in play(vera).html
