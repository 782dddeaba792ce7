import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  createS3Target,
  type S3TargetOptions,
} from "../../lib/archive/s3_target.ts";
import { Secret } from "../../lib/config/secret.ts";
import { type FakeBucket, refuse, startBucket } from "./_fake_bucket.ts";

const SIGNAL = new AbortController().signal;
const KEY = "very-secret-key";
const OBJECT = {
  name: "pur!2Fchase/2/x.jsonl.gz",
  bytes: new TextEncoder().encode("bytes"),
  contentType: "application/gzip",
};

function targetOf(
  { endpoint }: FakeBucket,
  more: Partial<S3TargetOptions> = {},
) {
  return createS3Target({
    bucket: "events",
    accessKeyId: "id",
    secretAccessKey: new Secret(KEY),
    endpoint,
    prefix: "lake/",
    ...more,
  });
}

Deno.test("s3 target: puts an object once, signed, with what it holds checked", async () => {
  await using bucket = startBucket();
  await targetOf(bucket, { sessionToken: new Secret("lent") })
    .put(OBJECT, SIGNAL);
  const [request] = bucket.requests;
  assert.equal(request?.method, "PUT");
  assert.equal(request.path, "/events/lake/pur!2Fchase/2/x.jsonl.gz");
  assert.deepEqual(request.body, OBJECT.bytes);
  const header = (name: string) => request.headers.get(name);
  assert.equal(header("if-none-match"), "*");
  assert.equal(header("content-type"), "application/gzip");
  assert.equal(header("content-encoding"), null);
  assert.equal(
    header("x-amz-content-sha256"),
    createHash("sha256").update(OBJECT.bytes).digest("hex"),
  );
  assert.equal(header("x-amz-security-token"), "lent");
  assert.match(
    header("authorization") ?? "",
    /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=[^,]*if-none-match[^,]*, /,
  );
});

Deno.test("s3 target: an object that is there is kept", async () => {
  await using bucket = startBucket(() => refuse(412, "PreconditionFailed"));
  await targetOf(bucket).put(OBJECT, SIGNAL);
  assert.equal(bucket.requests.length, 1);
});

Deno.test("s3 target: does without the condition where a bucket does not know it", async () => {
  await using bucket = startBucket(({ headers }) =>
    headers.has("if-none-match") ? refuse(501, "NotImplemented") : undefined
  );
  const target = targetOf(bucket);
  await target.put(OBJECT, SIGNAL);
  await target.put(OBJECT, SIGNAL);
  assert.deepEqual(
    bucket.requests.map(({ headers }) => headers.has("if-none-match")),
    [true, false, false],
  );
});

Deno.test("s3 target: says what the bucket refused, and shows no key", async () => {
  for (
    const [status, code] of [
      [403, "SignatureDoesNotMatch"],
      [404, "NoSuchBucket"],
      [409, "ConditionalRequestConflict"],
      [500, "InternalError"],
      [503, "SlowDown"],
      [301, "PermanentRedirect"],
    ] as const
  ) {
    await using bucket = startBucket(() => refuse(status, code));
    await assert.rejects(targetOf(bucket).put(OBJECT, SIGNAL), (error) => {
      const text = Deno.inspect(error, { depth: 10 });
      assert.ok(text.includes(`${status} ${code}: No.`), text);
      assert.ok(!text.includes(KEY) && !text.includes("Credential"), text);
      return error instanceof Error && error.name === "ArchiveTargetError";
    });
  }
});

Deno.test("s3 target: follows no redirect", async () => {
  await using other = startBucket();
  await using bucket = startBucket(() =>
    new Response(null, {
      status: 307,
      headers: { location: `${other.endpoint}/events/x` },
    })
  );
  await assert.rejects(targetOf(bucket).put(OBJECT, SIGNAL), {
    name: "ArchiveTargetError",
  });
  assert.equal(other.requests.length, 0);
});

Deno.test("s3 target: waits no longer than it may, nor than it is wanted", async () => {
  const release = Promise.withResolvers<Response>();
  await using bucket = startBucket(() => release.promise);
  const slow = targetOf(bucket, { timeout: 30 });
  await assert.rejects(slow.put(OBJECT, SIGNAL), {
    name: "ArchiveTargetError",
  });
  const reason = new Error("Not wanted");
  const controller = new AbortController();
  const put = targetOf(bucket).put(OBJECT, controller.signal);
  controller.abort(reason);
  await assert.rejects(put, reason);
  release.resolve(new Response());
});

Deno.test("s3 target: an endless answer is not read", async () => {
  await using bucket = startBucket(() =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      }),
      { status: 403 },
    )
  );
  await assert.rejects(targetOf(bucket).put(OBJECT, SIGNAL), {
    message: "Bucket refused an object with 403 no code",
  });
});

const LONG = { ...OBJECT, bytes: new Uint8Array(25).map((_, index) => index) };

Deno.test("s3 target: sends a long object in parts, and makes it of them once", async () => {
  await using bucket = startBucket();
  await targetOf(bucket, { partBytes: 10 }).put(LONG, SIGNAL);
  const [begin, ...rest] = bucket.requests;
  const end = rest.pop();
  assert.equal(begin?.headers.get("content-type"), "application/gzip");
  assert.deepEqual(
    rest.map(({ query }) => query.get("partNumber")),
    ["1", "2", "3"],
  );
  assert.deepEqual(rest.flatMap(({ body }) => [...body]), [...LONG.bytes]);
  assert.equal(end?.headers.get("if-none-match"), "*");
  assert.equal(
    new TextDecoder().decode(end?.body),
    "<CompleteMultipartUpload>" +
      '<Part><PartNumber>1</PartNumber><ETag>"etag-1"</ETag></Part>' +
      '<Part><PartNumber>2</PartNumber><ETag>"etag-2"</ETag></Part>' +
      '<Part><PartNumber>3</PartNumber><ETag>"etag-3"</ETag></Part>' +
      "</CompleteMultipartUpload>",
  );
});

Deno.test("s3 target: removes the parts of an object that does not come to be", async () => {
  const refusals: readonly ((each: URLSearchParams) => Response | undefined)[] =
    [
      (query) => query.get("partNumber") === "2" ? refuse(500, "X") : undefined,
      (query) =>
        query.size === 1 && query.has("uploadId")
          ? refuse(500, "X")
          : undefined,
      (query) =>
        query.size === 1 && query.has("uploadId")
          ? new Response("<Error><Code>InternalError</Code></Error>")
          : undefined,
    ];
  for (const refusal of refusals) {
    await using bucket = startBucket(({ method, query }) =>
      method === "DELETE" ? undefined : refusal(query)
    );
    const target = targetOf(bucket, { partBytes: 10 });
    await assert.rejects(target.put(LONG, SIGNAL), {
      name: "ArchiveTargetError",
    });
    const last = bucket.requests.at(-1);
    assert.equal(last?.method, "DELETE");
    assert.equal(last.query.get("uploadId"), "up-1");
  }
});

Deno.test("s3 target: a long object that is there leaves no parts", async () => {
  await using bucket = startBucket(({ method, query }) =>
    method === "POST" && query.has("uploadId")
      ? refuse(412, "PreconditionFailed")
      : undefined
  );
  await targetOf(bucket, { partBytes: 10 }).put(LONG, SIGNAL);
  assert.equal(bucket.requests.at(-1)?.method, "DELETE");
});
