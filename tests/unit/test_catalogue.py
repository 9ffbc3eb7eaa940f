"""Every sentence a visitor may read is marked for translation, and has a French one."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import locales
from locales import labels
from tests import sources
from tests.sources import FOLDERS, ROOT, files, where

KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
tree = cache(sources.tree)
CODE = [*sorted(ROOT.glob("*.py")), *files(*FOLDERS)]

# Streamlit's (and our own cards') calls that show their first argument.
SHOWS = {
    *("title", "header", "subheader", "caption", "text", "markdown", "write", "metric", "metrics", "head", "Page"),
    *("info", "warning", "error", "success", "toast", "spinner", "status", "progress", "skeleton", "badge"),
    *("button", "download_button", "link_button", "form_submit_button", "page_link", "menu_button"),
    *("checkbox", "toggle", "radio", "selectbox", "multiselect", "pills", "segmented_control", "slider"),
    *("select_slider", "number_input", "text_input", "text_area", "date_input", "time_input", "file_uploader"),
    *("expander", "popover", "tabs", "dialog"),
}
SHOWN_KEYWORDS = {"label", "help", "placeholder", "caption", "alt", "title", "body", "text"}
LOGGERS = {"log", "logger", "logging"}
NAMES = {"Vigie", "CSV"}


@pytest.fixture(scope="module", autouse=True)
def _trees() -> Iterator[None]:
    """The trees of all files are a million objects, which no test after these has to carry."""
    yield
    tree.cache_clear()


@pytest.fixture(scope="module")
def french() -> Catalog:
    """The French catalogue."""
    with (ROOT / "locales" / "fr.po").open("rb") as source:
        return read_po(source, locale="fr")


@cache
def marked() -> dict[str | tuple[str, ...], str]:
    """Every message marked in the code, and the file it is in."""
    found = {}
    for path in CODE:
        for _line, message, _comments, _context in extract_from_file("python", path, KEYWORDS):
            found[tuple(message) if isinstance(message, tuple | list) else message] = path.relative_to(ROOT).as_posix()
    return found


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _before, name, _format, _conversion in Formatter().parse(text) if name is not None}


def forms(message: Message) -> list[tuple[str, str]]:
    """Each English form beside its French one."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return list(zip(message.id, message.string or (), strict=True))


COUNTED = re.compile(
    r"\{(\w+)\}(?: (?:open|other|new|whole))? "
    r"(baskets|cohorts|customers|days|groups|months|pairs|products|purchases|times|triples|weeks)\b"
)
MANY = {"days", "least", "most", "lift", "ratio", "early", "later", "k", "share", "people", "model", "value", "all"}
MANY |= {"months"}  # of a half-life, with a decimal
# Never one: 5 baskets make a pair, 50 customers a test, four months a curve; the others are constants.
NEVER_ONE = (
    *("{product}: in {count} baskets", "{both} baskets, lift", "of {both} baskets", "in the {count} months after"),
    *("up to {count} products", "the {count} customers who came since", "last {count} days"),
    *("{customers} customers", "These are {count} customers"),
)


def test_what_is_counted_of_customers_and_products_can_be_one():
    """ "1 customers" is nobody's language: a number before a plural is a `ngettext` with both."""
    rooms = re.compile(r"(customers|products)[/_.]|ui/buyers")
    wrong = [
        f"{path}: {message}"
        for message, path in marked().items()
        if isinstance(message, str) and rooms.search(path) and not any(one in message for one in NEVER_ONE)
        if {place for place, _noun in COUNTED.findall(message)} - MANY
    ]
    assert not wrong


def test_every_message_is_translated(french):
    missing = [
        f"{path}: {message}"
        for message, path in marked().items()
        if (entry := french.get(message)) is None or entry.fuzzy or not all(theirs for _ours, theirs in forms(entry))
    ]
    assert not missing


def test_readers_get_what_babel_reads(french):
    said = [(message.id, message.string) for message in french if message.id]
    with locales.using("fr"):
        for ours, theirs in said:
            if isinstance(ours, tuple):
                assert [locales.ngettext(*ours, count) for count in (0, 1, 2)] == [theirs[0], theirs[0], theirs[1]]
            else:
                assert locales._(ours) == theirs
    assert len(said) > 4_000


def test_the_catalogue_holds_nothing_that_the_code_no_longer_says(french):
    used = set(marked())
    assert not [message.id for message in french if message.id and message.id not in used]
    assert not french.obsolete


def test_translations_fill_the_same_places(french):
    wrong = [
        (ours, theirs)
        for message in french
        if message.id
        for ours, theirs in forms(message)
        if placeholders(ours) != placeholders(theirs)
    ]
    assert not wrong


def test_only_whole_sentences_are_marked():
    """An f-string, a sum or a filled-in sentence would never be found in the catalogue."""

    def made_up(argument: ast.expr) -> bool:
        if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
            return argument.func.attr in {"format", "join"}
        return isinstance(argument, ast.JoinedStr | ast.BinOp)

    found = [
        where(path, node)
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS
        if any(made_up(argument) for argument in node.args[: 2 if node.func.id == "ngettext" else 1])
    ]
    assert not found


def test_pages_show_no_sentence_that_is_not_marked():
    found = [
        f"{where(path, node)}: {text}"
        for path in files("pages", "ui")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for text in shown(node)
        if text not in NAMES
    ]
    assert not found


def shown(call: ast.Call) -> Iterator[str]:
    """The words among the literals that a call shows."""
    if not isinstance(call.func, ast.Attribute) or (
        isinstance(call.func.value, ast.Name) and call.func.value.id in LOGGERS
    ):
        return
    if call.func.attr in SHOWS or call.func.attr.endswith("Column"):
        for argument in call.args[:1]:
            yield from literals(argument)
        for keyword in call.keywords:
            if keyword.arg in SHOWN_KEYWORDS:
                yield from literals(keyword.value)


def literals(node: ast.expr) -> Iterator[str]:
    """The parts of a shown expression that hold a word and are literal: no icon, tag, path or call of `_`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if re.search(r"[^\W\d_]{2}", re.sub(r":\w+/[\w-]*:?|:[\w-]+[:\[]|<[^>]*>|\S+\.py$", "", node.value)):
            yield node.value
    elif isinstance(node, ast.JoinedStr | ast.List | ast.Tuple):
        for part in node.values if isinstance(node, ast.JoinedStr) else node.elts:
            yield from literals(part)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        yield from literals(node.left)
        yield from literals(node.right)
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('st.title("Churn")', ["Churn"]),
        ('st.caption(f"{n} rows")', [" rows"]),
        ('st.tabs(["Table", _("Figure")])', ["Table"]),
        ('st.button(":material/add:", help="Add a row")', ["Add a row"]),
        ('left.metric("A" if odd else "Bad", 3)', ["Bad"]),
        ('st.page_link("pages/churn.py", label="Churn")', ["Churn"]),
        ('cards.metrics([(_("Customers"), "7,043", "all of them")])', ["all of them"]),
        ('st.title(_("Churn"))', []),
        ('st.markdown(f":material/{icon}: {age}")', []),
        ('log.info("started")', []),
        ('row.get("label")', []),
    ],
)
def test_the_check_sees_what_it_should(code, words):
    assert list(shown(ast.parse(code, mode="eval").body)) == words


def test_no_message_is_marked_inside_an_f_string_where_the_extractor_is_blind():
    hidden = [
        where(path, inside)
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.JoinedStr)
        for inside in ast.walk(node)
        if isinstance(inside, ast.Call)
        and isinstance(inside.func, ast.Name)
        and inside.func.id in KEYWORDS
        and isinstance(inside.args[0], ast.Constant)
    ]
    assert not hidden


STARTS = {"ready": 1, "start": 0, "begin": 1, "train": 0}  # which argument names a job; of `answers.start` the next


def test_every_job_that_a_page_starts_has_a_name_for_readers():
    found = set()
    for path in files("pages", "ui"):
        code = tree(path)
        named = {ast.unparse(one.targets[0]): one.value for one in code.body if isinstance(one, ast.Assign)}
        for call in ast.walk(code):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            module, place = ast.unparse(call.func.value), STARTS.get(call.func.attr)
            if module in ("answers", "background") and place is not None:
                place += module == "answers" and call.func.attr == "start"
                if len(call.args) > place:
                    argument = named.get(ast.unparse(call.args[place]), call.args[place])
                    found |= {argument.value} if isinstance(argument, ast.Constant) else set()
    assert len(found) > 10
    assert not found - set(labels._JOBS)
