import assert from "node:assert/strict";
import { tempFolder } from "../dev/_run.ts";
import { startProcess, type Target, type TargetOptions } from "./suite.ts";
import { PATIENCE } from "../_support/patience.ts";

const SECRET = "a-secret/of this+test";

/** Starts a script in place of the service. */
async function startScript(
  script: string,
  options: Partial<TargetOptions> = {},
): Promise<Target> {
  return await startProcess({
    command: Deno.execPath(),
    args: ["eval", "--no-config", script],
    env: { NO_COLOR: "1", DENO_DIR: await Deno.makeTempDir() },
  }, {
    env: { AB_CLIENT_SECRET: SECRET },
    untilStarted: false,
    ...options,
  });
}

/** Runs a script in place of the service, and what its disposal makes of it. */
async function runScript(
  script: string,
  options: Partial<TargetOptions> = {},
): Promise<void> {
  await using target = await startScript(script, options);
  assert.equal((await target.exited).code, 0);
}

const log = (text: string) => `console.log(${JSON.stringify(text)})`;
const complain = (text: string) => `console.error(${JSON.stringify(text)})`;

Deno.test("a target's disposal passes output without secrets", async () => {
  await runScript(log('{"message":"Event handled","eventId":"0a1b"}'));
});

const forbidden = {
  "the client's secret": `{"message":"${SECRET}"}`,
  "a token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjbGllbnQifQ.c2lnbmF0dXJl",
  "credentials": "authorization: Basic dGVzdDp0ZXN0",
  "an e-mail address": '{"email":"player@example.com"}',
  "a player's name": '{"user":"player-one"}',
};

for (const [what, text] of Object.entries(forbidden)) {
  Deno.test(`a target's disposal fails when its output has ${what}`, async () => {
    const message = new RegExp(`^Output has ${what}: `);
    await assert.rejects(runScript(log(text)), { message });
    await assert.rejects(runScript(complain(text), { mayComplain: /./ }), {
      message,
    });
  });
}

const encodings: Readonly<Record<string, string>> = {
  "in a URL": `?q=${encodeURIComponent(SECRET)}&a=b`,
  "in JSON": JSON.stringify({ secret: SECRET }),
  "in hexadecimal digits": new TextEncoder().encode(SECRET).toHex(),
  "in base64, alone": btoa(SECRET),
  "in base64, after another byte": btoa(`x${SECRET}yz`),
  "in base64, after two bytes": btoa(`xy${SECRET}z`),
  "in base64, with the client's id": btoa(`some-client:${SECRET}`),
  "in the base64 of URLs": new TextEncoder().encode(`${SECRET}?`)
    .toBase64({ alphabet: "base64url" }),
};

for (const [how, text] of Object.entries(encodings)) {
  Deno.test(`a target's disposal finds the client's secret ${how}`, async () => {
    await assert.rejects(runScript(log(text)), {
      message: /^Output has the client's secret: /,
    });
  });
}

Deno.test("a target's disposal finds secrets in the files of its folder", async () => {
  await using folder = await tempFolder();
  const run = (file: string, text: string) =>
    runScript(
      `Deno.mkdirSync("letters", { recursive: true });` +
        `Deno.writeTextFileSync(${JSON.stringify(file)}, ${
          JSON.stringify(text)
        })`,
      { cwd: folder.path },
    );
  await run("letters/a.jsonl", '{"email":"player@example.com"}');
  await assert.rejects(run("letters/a.jsonl", `{"error":"${SECRET}"}`), {
    message: /^File a.jsonl has the client's secret: /,
  });
});

Deno.test("a target's disposal finds secrets in its metrics", async () => {
  const serve = (text: string) =>
    `await Deno.serve({ port: Number(Deno.env.get("METRICS_PORT")), ` +
    `onListen: () => console.log("listens") }, ` +
    `() => new Response(${JSON.stringify(text)})).finished`;
  const run = async (text: string) => {
    await using target = await startScript(serve(text));
    await until(() => target.stdout.includes("listens"));
  };
  await run("events_total 1\n");
  await assert.rejects(run(`events_total{id="${SECRET}"} 1\n`), {
    message: /^Metrics has the client's secret: /,
  });
});

Deno.test("a target's disposal finds secrets in what peers were answered", async () => {
  await assert.rejects(async () => {
    await using target = await startScript(log("ends"));
    target.answered(`{"details":"${SECRET}"}`);
    await target.exited;
  }, { message: /^Answer has the client's secret: / });
});

async function until(holds: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE);
  while (!holds()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("a target's disposal fails when standard error has what the test does not expect", async () => {
  const script = complain("Port 1 cannot be opened");
  await assert.rejects(runScript(script), /Standard error is not empty/);
  await runScript(script, { mayComplain: /^Port / });
  await assert.rejects(
    runScript(script, { mayComplain: /^Other / }),
    /Standard error is not empty/,
  );
});

Deno.test("a target that ends before it takes events is no target", async () => {
  await assert.rejects(
    runScript(log("ends at once"), { untilStarted: true }),
    /^Error: Service did not start:\nends at once$/,
  );
});
