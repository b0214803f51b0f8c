# syntax=docker/dockerfile:1
# The server, its worker and the command in one image: `docker build -t timeline-local .`
# Two stages: the tools that build never reach the image that runs.

FROM python:3.13-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/timeline
WORKDIR /src
# The dependencies change less often than the program, so they are a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN ["uv", "sync", "--locked", "--no-dev", "--extra", "redis", "--no-install-project"]
COPY docs/importers ./docs/importers
COPY migrations ./migrations
COPY timeline_local ./timeline_local
RUN ["uv", "sync", "--locked", "--no-dev", "--extra", "redis", "--no-editable"]
# The library's folder: only the user that runs may look into it, or the server refuses to start.
RUN ["install", "--directory", "--mode=0700", "/data"]

FROM python:3.13-slim-bookworm
COPY --from=build /opt/timeline /opt/timeline
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/timeline/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    TIMELINE_DATA_DIR=/data \
    TIMELINE_SERVER__HOST=0.0.0.0 \
    TIMELINE_SERVER__PORT=8765 \
    TIMELINE_SERVER__ALLOW_LAN=true
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/timeline/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/api/v1/health/ready', timeout=4)"]
ENTRYPOINT ["timeline-local"]
CMD ["serve", "--no-browser"]
