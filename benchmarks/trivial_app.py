"""The least that a page of six figures can be: no Streamlit app is faster. Served by benchmarks.pages."""

import plotly.graph_objects as go
import streamlit as st

HEIGHTS = {"One": [3, 1, 2], "Two": [1, 2, 3], "Three": [2, 3, 1]}


st.title("Floor")
chosen = st.pills("Which", list(HEIGHTS), default="One") or "One"
columns = st.columns(3)
for number in range(6):
    figure = go.Figure(go.Bar(x=["a", "b", "c"], y=[number + height for height in HEIGHTS[chosen]]))
    columns[number % 3].plotly_chart(figure, key=f"figure-{number}")
