# One image for every role: `serve`, `work`, `migrate`, or `up` with the embedded servers in a volume.
FROM python:3.12-slim AS build
WORKDIR /build
RUN pip install --no-cache-dir uv && python -m venv /opt/shopwarden
COPY requirements.lock ./
RUN uv pip install --no-cache --python /opt/shopwarden --require-hashes --requirements requirements.lock
COPY pyproject.toml README.md ./
COPY src ./src
COPY tracker ./tracker
COPY requirements-browser.lock ./
# What browsers load is built here; Node stays out of the image.
RUN python -m venv /opt/node && uv pip install --no-cache --python /opt/node --require-hashes --requirements requirements-browser.lock \
 && cd tracker && PATH=/opt/node/bin:$PATH && npm ci && npm run build
RUN uv pip install --no-cache --python /opt/shopwarden --no-deps .

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /var/lib/shopwarden --shell /usr/sbin/nologin shopwarden
COPY --from=build /opt/shopwarden /opt/shopwarden
ENV PATH=/opt/shopwarden/bin:$PATH \
    SHOPWARDEN_DATA_DIR=/var/lib/shopwarden \
    SHOPWARDEN_HOST=0.0.0.0 \
    SHOPWARDEN_LOG_FORMAT=json
USER shopwarden
VOLUME /var/lib/shopwarden
EXPOSE 8484
STOPSIGNAL SIGTERM
ENTRYPOINT ["shopwarden"]
CMD ["up"]
