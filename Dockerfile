FROM python:3.11-slim-bookworm AS build
WORKDIR /vigie
COPY requirements.lock .
RUN python -m venv --without-pip .venv \
    && pip --python .venv/bin/python install --no-cache-dir --requirement requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home vigie && install --directory --owner vigie /var/lib/vigie
WORKDIR /vigie
COPY --from=build /vigie/.venv .venv
COPY . .
ENV PATH=/vigie/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    VIGIE_HOME=/var/lib/vigie
USER 10001
VOLUME /var/lib/vigie
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# It listens everywhere, but answers only to localhost and the names in VIGIE_ALLOWED_HOSTS.
# Named, its own address is not asked for elsewhere when it starts.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--browser.serverAddress=localhost"]
