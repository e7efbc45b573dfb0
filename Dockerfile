# The image is how konomi ships: its packages `service` and `index` stay in /app and are installed from there in
# place, so that nothing of these names lands in anybody's site-packages.
FROM python:3.13-slim AS build
ARG EXTRAS=redis,postgres
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /app
# The dependencies are a layer of their own, which a change of the source leaves alone.
COPY pyproject.toml constraints.txt README.md ./
RUN /opt/venv/bin/pip install --constraint constraints.txt --editable ".[${EXTRAS}]"
COPY service/ service/
COPY index/ index/
COPY feature_repo/ feature_repo/
RUN /opt/venv/bin/python -m compileall -q service index feature_repo \
    && chmod -R a+rX /app

FROM python:3.13-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="konomi" \
      org.opencontainers.image.description="Personalised products, content and ads over GraphQL, each with a true reason" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# LightGBM's wheel brings no OpenMP. Its version is the base image's distribution's: a pinned one soon cannot be had.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 konomi \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin konomi \
    && install --directory --owner=10001 --group=10001 /var/lib/konomi
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    KONOMI_STATE__DIR=/var/lib/konomi
WORKDIR /app
USER 10001:10001
VOLUME /var/lib/konomi
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["konomi"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
