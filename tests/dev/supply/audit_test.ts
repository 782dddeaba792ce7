import assert from "node:assert/strict";
import { COULD_NOT_LOOK, main } from "../../../dev/supply/audit.ts";

/** What the registry says of one package. */
interface Entry {
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
}

const CONTROL = { minimist: [entry("critical", "GHSA-xvch-5gv4-984h")] };

function entry(severity: string, id: string): Entry {
  return {
    title: `A ${severity} fault`,
    url: `https://github.com/advisories/${id}`,
    severity,
    vulnerable_versions: "<9.9.9",
  };
}

/** A registry on loopback, and what it was asked. */
function serve(answer: (asked: Record<string, string[]>) => Response) {
  const asked: Record<string, string[]>[] = [];
  const paths: string[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    paths.push(`${request.method} ${new URL(request.url).pathname}`);
    asked.push(await request.json());
    return answer(asked.at(-1) ?? {});
  });
  return {
    asked,
    paths,
    registry: `http://127.0.0.1:${server.addr.port}/npm`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A registry that knows of the control, and of this in our packages. */
function serveKnown(known: Record<string, readonly Entry[]>) {
  return serve((asked) =>
    Response.json(asked["minimist"]?.[0] === "0.0.8" ? CONTROL : known)
  );
}

async function audit(...args: string[]) {
  const said: string[] = [];
  const say = (text: string) => said.push(text);
  const code = await main(args, { log: say, error: say });
  return { code, text: said.join("\n") };
}

Deno.test("audit asks about every locked package and exits with 0 when none is vulnerable", async () => {
  await using server = serveKnown({});
  const { code, text } = await audit("--registry", server.registry);
  assert.equal(code, 0, text);
  assert.match(text, /^\d+ locked packages: 0 vulnerabilities of severity low/);
  assert.deepEqual(
    new Set(server.paths),
    new Set(["POST /npm/-/npm/v1/security/advisories/bulk"]),
  );
  const lock = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.lock", import.meta.url)),
  );
  const asked = Object.entries(server.asked[1] ?? {})
    .flatMap(([name, versions]) => versions.map((each) => `${name}@${each}`));
  const locked = Object.keys(lock.npm).map((key) => key.split("_")[0]);
  assert.deepEqual(new Set(asked), new Set(locked));
});

Deno.test("audit exits with 1 and names package, severity and advisory, worst first", async () => {
  await using server = serveKnown({
    zod: [entry("low", "GHSA-low"), entry("high", "GHSA-high")],
  });
  const { code, text } = await audit("--registry", server.registry);
  assert.equal(code, 1);
  assert.match(
    text,
    /high {2}zod \d\S* \(in <9\.9\.9\): A high fault\n.*GHSA-high\nlow {2}zod/,
  );
  assert.match(text, /2 vulnerabilities of severity low or worse, 0 passed/);
});

Deno.test("audit passes over what is milder than --fail-on or named by --ignore, and says so", async () => {
  await using server = serveKnown({
    zod: [entry("low", "GHSA-low"), entry("high", "GHSA-high")],
  });
  const milder = await audit(
    ...["--registry", server.registry, "--fail-on", "moderate"],
  );
  assert.equal(milder.code, 1);
  assert.match(milder.text, /passed over {2}low {2}zod/);
  const ignored = await audit(
    ...["--registry", server.registry, "--fail-on", "high"],
    ...["--ignore", "GHSA-high"],
  );
  assert.equal(ignored.code, 0);
  assert.match(ignored.text, /0 vulnerabilities .* 2 passed over/);
});

for (
  const [what, answer, expected] of [
    ["refuses", () => new Response(null, { status: 405 }), /answered 405/],
    [
      "answers something else",
      () => new Response("<html>"),
      /did not answer with/,
    ],
    [
      "answers in another form",
      () => Response.json({ zod: [{ severity: "dire" }] }),
      /did not answer with advisories/,
    ],
    [
      "knows of no vulnerability at all",
      () => Response.json({}),
      /knows of no vulnerability in minimist 0\.0\.8/,
    ],
  ] as const
) {
  Deno.test(`audit says that it could not look when the registry ${what}`, async () => {
    await using server = serve(answer);
    const { code, text } = await audit("--registry", server.registry);
    assert.equal(code, COULD_NOT_LOOK);
    assert.match(text, /^Could not look for vulnerabilities: http/);
    assert.match(text, expected);
    assert.match(text, /Nothing is known about the \d+ locked packages$/);
    assert.doesNotMatch(text, /0 vulnerabilities/);
  });
}

Deno.test("audit says that it could not look when no registry is there", async () => {
  const server = serve(() => Response.json({}));
  await server[Symbol.asyncDispose]();
  const { code, text } = await audit("--registry", server.registry);
  assert.equal(code, COULD_NOT_LOOK);
  assert.match(text, /did not answer:/);
});

Deno.test("audit refuses a severity that does not exist", async () => {
  await assert.rejects(
    audit("--fail-on", "dire"),
    /"dire" is unknown: expected one of info, low, moderate, high, critical/,
  );
});
