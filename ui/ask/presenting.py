"""A board before a room: one card after the other, large, and nothing else on the screen."""

import streamlit as st

import locales
from charts.ask.content import Content, Source, content, missing
from charts.shown import Shown
from data.tables import Stored
from models.ask import board as model
from ui import keep
from ui.ask import bar, boards, card
from ui.text import _, is_dark, part, plain

SLIDE = 760  # of a slide, in pixels, where `BARE` does not make it as high as the screen
FONT, BESIDE = 18, 56  # of a figure, and the room beside it for what stands at a bar's end, in pixels
BARE = """
<style>
  [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"], .st-key-footer {
    display: none;
  }
  [data-testid="stMainBlockContainer"] { padding: 2.5rem 4rem 1rem; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-slide) { flex: 0 0 calc(100dvh - 7.5rem); }
  .st-key-slide { height: calc(100dvh - 7.5rem); }
  .st-key-slide h1 { font-size: 2.6rem; }
  .st-key-slide [data-testid="stMetricValue"] { font-size: 4rem; }
  .st-key-slide [data-testid="stMarkdown"] p { font-size: 1.5rem; line-height: 1.5; }
  .st-key-slide [data-testid="stCaptionContainer"] p { font-size: 1rem; }
  @media (max-width: 640px), (max-height: 480px) {
    [data-testid="stMainBlockContainer"] { padding: 1rem 1rem .5rem; }
    [data-testid="stLayoutWrapper"]:has(> .st-key-slide) { flex: 0 0 calc(100dvh - 4.5rem); }
    .st-key-slide { height: calc(100dvh - 4.5rem); }
    .st-key-slide h1 { font-size: 1.4rem; }
    .st-key-slide [data-testid="stMetricValue"] { font-size: 2.2rem; }
    .st-key-slide [data-testid="stMarkdown"] p { font-size: 1.1rem; }
    .st-key-slide svg text { font-size: 12px !important; }
  }
</style>
"""
_TURN = """
export default function ({ parentElement, data, setTriggerValue }) {
  const whole = document.documentElement;
  const full = () => document.fullscreenElement ? document.exitFullscreen() : whole.requestFullscreen();
  const act = {
    back: () => setTriggerValue("turn", -1), on: () => setTriggerValue("turn", 1),
    full, end: () => { if (document.fullscreenElement) document.exitFullscreen(); setTriggerValue("turn", 0); },
  };
  const keys = {
    ArrowRight: "on", ArrowDown: "on", PageDown: "on", " ": "on",
    ArrowLeft: "back", ArrowUp: "back", PageUp: "back", Escape: "end", f: "full",
  };
  parentElement.querySelector("span").textContent = data.where;
  for (const button of parentElement.querySelectorAll("button")) {
    button.title = button.ariaLabel = data.names[button.name];
    button.onclick = () => act[button.name]();
  }
  const press = (event) => {
    if (event.target.closest?.("input, textarea, [role=slider]") || !(event.key in keys)) return;
    event.preventDefault();
    act[keys[event.key]]();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
"""
_LOOK = """
div { display: flex; gap: .4rem; align-items: center; justify-content: flex-end; opacity: .55; }
div:hover, div:focus-within { opacity: 1; }
span { color: var(--st-text-color); font-size: .9rem; }
button { font: inherit; color: var(--st-text-color); background: none; border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius); padding: .1rem .7rem; cursor: pointer; }
svg { width: .8em; height: .8em; fill: none; stroke: currentColor; }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
"""
_turner = st.components.v2.component(
    "vigie_slides",
    html='<div><button name="back">←</button><span></span><button name="on">→</button>'
    '<button name="full"><svg viewBox="0 0 12 12"><path d="M1 4V1h3M8 1h3v3M11 8v3H8M4 11H1V8"/></svg></button>'
    '<button name="end">✕</button></div>',
    css=_LOOK,
    js=_TURN,
)


def on() -> bool:
    """Whether a board is before a room."""
    return st.query_params.get("present") == "1"


def button() -> None:
    """Begin."""
    if st.button(_("Present"), icon=":material/slideshow:", key="board.present"):
        st.query_params["present"] = "1"
        st.session_state["board.slide"] = 0
        st.rerun()


def shown(source: Source, sold: Stored, people: Stored) -> None:
    """The slide that it is the turn of; the first one says what this is about."""
    st.html(BARE)
    _slide(source, sold, people)


@part
def _slide(source: Source, sold: Stored, people: Stored) -> None:
    found = keep.all_boards()
    name = st.session_state.get("board") or st.query_params.get("board")
    board = found.get(name or "", next(iter(found.values())))[0]
    filters = bar.linked(source.of, board)
    cards = [one for one in board.cards if not missing(source.of, one)]
    turns = model.turns(cards)
    at = min(st.session_state.get("board.slide", 0), len(turns))
    with st.container(key="slide", height=SLIDE, border=False, vertical_alignment="center"):
        if at == 0:
            st.title(plain(boards.named(board)), anchor=False)
            if said := model.sentence(source.of.catalogue, filters, source.of.names):
                st.markdown(plain(said))
            last = source.of.catalogue.last
            about = _("{data}, until {day}").format(data=_(sold.origin.name), day=locales.day(last))
            st.caption(plain(about))
        else:
            together = card.at_once(source, sold, people, cards, [filters] * len(cards))
            _cards([content(cards[place], filters, together) for place in turns[at - 1]])

    def turned() -> None:
        by = st.session_state["board.turner"].turn
        if by == 0:
            st.query_params.pop("present", None)
        st.session_state["board.slide"] = min(max(at + (by or 0), 0), len(turns))

    where = _("{number} of {count}").format(number=at + 1, count=len(turns) + 1)
    names = {"back": _("Back"), "on": _("On"), "full": _("Full screen"), "end": _("End the presentation")}
    _turner(key="board.turner", data={"where": where, "names": names}, on_turn_change=turned)
    if not on():
        st.rerun()


def _cards(says: list[Content]) -> None:
    if len(says) > 1 or says[0].value:
        for one, column in zip(says, st.columns(len(says)), strict=True):
            with column:
                st.markdown(plain(one.title))
                st.metric(one.title, one.value or "–", label_visibility="collapsed")
                st.caption(plain("; ".join(filter(None, (one.meaning or one.text, one.note)))))
        return
    one = says[0]
    st.title(plain(one.title), anchor=False)
    if one.figure is not None:
        fonts = {"tickfont_size": FONT, "title_font_size": FONT}
        one.figure.update_layout(title_text=None, height=None, legend_font_size=FONT)
        one.figure.update_xaxes(fonts).update_yaxes(fonts).update_traces(textfont_size=FONT, selector={"type": "bar"})
        if any(trace.type == "bar" for trace in one.figure.data):
            one.figure.update_layout(margin_r=BESIDE)
        st.plotly_chart(
            Shown(one.figure, is_dark()),
            theme=None,
            key="board.slide.figure",
            height="stretch",
            config={"displayModeBar": False},
            alt=one.title,
        )
    elif one.table is not None:
        st.dataframe(
            one.table.head(100),
            hide_index=True,
            height="stretch" if len(one.table) > 12 else "content",
            placeholder="–",
        )
    if one.text:
        st.markdown("  \n".join(plain(line) for line in one.text.splitlines()))
    if one.note:
        st.caption(plain(one.note))
