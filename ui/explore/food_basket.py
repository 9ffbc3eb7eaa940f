"""The food products that were put aside: to compare, and in a basket."""

import streamlit as st


def grams() -> dict[str, float]:
    """The basket: code -> g or ml; in the URL as code:amount."""
    if "basket" not in st.session_state:
        found = {}
        for part in st.query_params.get_all("basket"):
            code, _colon, amount = part.partition(":")
            if code.isdecimal() and len(code) <= 24 and amount.isdecimal() and 0 < int(amount) <= 100_000:
                found[code] = float(amount)
        st.session_state["basket"] = found
    kept: dict[str, float] = st.session_state["basket"]
    return kept


def add(codes: list[str]) -> None:
    """Put products into the basket, a serving of each, or 100 g where that is not known."""
    bring(codes)
    sizes = st.session_state.get("food-sizes", {})
    st.session_state["basket"] = {code: sizes.get(code) or 100.0 for code in codes} | grams()
    st.session_state["view"] = "basket"


def publish_basket() -> None:
    """The basket into the URL."""
    wanted = [f"{code}:{amount:.0f}" for code, amount in grams().items()]
    if st.query_params.get_all("basket") != wanted:
        if wanted:
            st.query_params["basket"] = wanted
        else:
            st.query_params.pop("basket", None)


def compare(codes: list[str]) -> None:
    bring(codes)
    chosen = st.session_state.get("with", st.query_params.get_all("with"))
    st.session_state.update({"with": list(dict.fromkeys([*chosen, *codes])), "view": "compare"})


def bring(codes: list[str]) -> None:
    """Have the whole page run for products that are not in sight yet: those of a list, or of a loaded category."""
    if not set(codes) <= st.session_state.get("food-sizes", {}).keys():
        st.session_state["food-bring"] = True
