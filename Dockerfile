# syntax=docker/dockerfile:1.7

# --- build: bundle and compile -------------------------------------------------
FROM --platform=$BUILDPLATFORM denoland/deno:debian-2.9.6 AS build
WORKDIR /src

# The dependencies, in a layer of their own: it changes when deno.lock does.
COPY deno.json deno.lock ./
RUN deno install --frozen

COPY . .
# BuildKit's own: with a default here, it would not be that of --platform.
ARG TARGETARCH
ARG COMMIT=
RUN case "$TARGETARCH" in \
      amd64) target=x86_64-unknown-linux-gnu ;; \
      arm64) target=aarch64-unknown-linux-gnu ;; \
      *) echo "TARGETARCH is \"$TARGETARCH\": expected amd64 or arm64" >&2; exit 1 ;; \
    esac \
    && deno task compile --target "$target" --commit "$COMMIT" \
      --output /out/extend-event-handler \
    && mkdir /out/dead-letters /out/inbox /out/archive

# --- runtime: glibc, libgcc, CA certificates, the executable -----------------------
FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
ARG COMMIT=
LABEL org.opencontainers.image.title="extend-event-handler-deno" \
      org.opencontainers.image.description="AccelByte Extend Event Handler in TypeScript" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$COMMIT"
COPY LICENSE /licenses/
COPY --from=build /out/NOTICE /licenses/
COPY --from=build /out/extend-event-handler /extend-event-handler
# Dead letters: a volume that is mounted here takes its owner. Without one they end with
# the container, which the log says at start.
COPY --from=build --chown=65532:65532 /out/dead-letters /dead-letters
# Events that are accepted and not handled yet: keep it on a volume where a source uses it.
COPY --from=build --chown=65532:65532 /out/inbox /inbox
COPY --from=build --chown=65532:65532 /out/archive /archive
USER 65532:65532
EXPOSE 6565 8000 8080
# The exec form: the process is PID 1 and gets SIGTERM itself.
ENTRYPOINT ["/extend-event-handler"]
