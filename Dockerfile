# The `catalog` command as an image: docker build -t zarr-linked-catalog . && docker run --rm zarr-linked-catalog --help
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/catalog
# The libraries first: they change less often than the code.
COPY requirements/run.txt requirements/
RUN /opt/catalog/bin/pip install --no-cache-dir --requirement requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY catalog catalog
COPY ontology ontology
COPY shapes shapes
RUN /opt/catalog/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home catalog
COPY --from=build /opt/catalog /opt/catalog
ENV PATH=/opt/catalog/bin:$PATH \
    XDG_DATA_HOME=/data \
    PYTHONUNBUFFERED=1
USER catalog
WORKDIR /data
VOLUME /data
ENTRYPOINT ["catalog"]
CMD ["--help"]
