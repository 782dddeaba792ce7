import assert from "node:assert/strict";
import { startProcess, type TargetOptions } from "./suite.ts";

const SECRET = "a-secret-of-this-test";

/** Runs a script in place of the service, and what its disposal makes of it. */
async function runScript(
  script: string,
  options: Partial<TargetOptions> = {},
): Promise<void> {
  await using target = await startProcess({
    command: Deno.execPath(),
    args: ["eval", "--no-config", script],
    env: { NO_COLOR: "1", DENO_DIR: await Deno.makeTempDir() },
  }, {
    env: { AB_CLIENT_SECRET: SECRET },
    untilStarted: false,
    ...options,
  });
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
