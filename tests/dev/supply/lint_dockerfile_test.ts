import assert from "node:assert/strict";
import {
  unpinnedImages,
  withoutPlatforms,
} from "../../../dev/supply/lint_dockerfile.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

Deno.test("lint_dockerfile takes a digest, a full version, an earlier stage and scratch for pinned", () => {
  assert.deepEqual(
    unpinnedImages(
      [
        "FROM --platform=$BUILDPLATFORM denoland/deno:debian-2.9.6 AS Build",
        `FROM gcr.io/distroless/cc:nonroot@${DIGEST}`,
        "FROM build AS next",
        "from scratch",
      ].join("\n"),
    ),
    [],
  );
});

Deno.test("lint_dockerfile names each image that may change under its name", () => {
  const images = [
    "debian",
    "debian:latest",
    "denoland/deno:debian",
    "denoland/deno:2.9",
    "localhost:5000/app",
    "later",
    "app@sha256:0",
  ];
  const found = unpinnedImages(
    [...images.map((image) => `FROM ${image}`), "FROM scratch AS later"]
      .join("\n"),
  );
  assert.deepEqual(
    found,
    images.map((image) =>
      `Image "${image}" is not pinned: expected a digest or a full version`
    ),
  );
});

Deno.test("lint_dockerfile hides the platform from the linter, and nothing else", () => {
  assert.equal(
    withoutPlatforms("FROM --platform=$P a:1.0.0 AS b\nRUN x --platform=y\n"),
    "FROM a:1.0.0 AS b\nRUN x --platform=y\n",
  );
});

Deno.test("lint_dockerfile finds this repository's base images pinned", async () => {
  const file = new URL("../../../Dockerfile", import.meta.url);
  assert.deepEqual(unpinnedImages(await Deno.readTextFile(file)), []);
});
