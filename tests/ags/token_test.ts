import assert from "node:assert/strict";
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import {
  createTokenSource,
  type TokenSource,
  type TokenSourceOptions,
} from "../../lib/ags/token.ts";
import { ShutdownError } from "../../lib/core/errors.ts";
import { Secret } from "../../lib/config/secret.ts";
import { rejection, TOKEN, until } from "./_client.ts";
import { deadUrl, serve, serveBytes } from "./_server.ts";
import { PATIENCE } from "../_support/patience.ts";

const LIFETIME = 100;
const SECOND = 1_000;
const forever = new AbortController().signal;

function sourceOf(
  baseUrl: string,
  options: Partial<TokenSourceOptions> = {},
): TokenSource {
  return createTokenSource({
    baseUrl,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
    ...options,
  });
}

/** A source whose clock stands until the test moves it, and its IAM. */
interface Timed extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly tokens: TokenSource;
  /** Errors of refreshes that failed. */
  readonly refreshErrors: unknown[];
  readonly logins: number;
  at(seconds: number): void;
  get(): Promise<string>;
}

async function timed(options: EmulatorOptions = {}): Promise<Timed> {
  let now = 0;
  const refreshErrors: unknown[] = [];
  const emulator = await startEmulator({ tokenLifetime: LIFETIME, ...options });
  const tokens = sourceOf(emulator.url, {
    now: () => now,
    onRefreshFailed: (error) => refreshErrors.push(error),
  });
  return {
    emulator,
    tokens,
    refreshErrors,
    get logins() {
      return emulator.journal.counters.requests;
    },
    at: (seconds) => {
      now = seconds * SECOND;
    },
    get: () => tokens.get(forever),
    async [Symbol.asyncDispose]() {
      tokens[Symbol.dispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

/** Waits until as many logins have been answered, and their answers read. */
async function loggedIn(source: Timed, count: number): Promise<void> {
  await source.emulator.journal.seen(count, {
    signal: AbortSignal.timeout(PATIENCE),
  });
}

/** Gives a login that was asked for, if any was, the time to arrive. */
async function settle({ emulator }: Timed): Promise<void> {
  for (let time = 0; time < 3; time++) {
    const answer = await fetch(`${emulator.url}/emulator`);
    await answer.body?.cancel();
  }
}

/** A token endpoint that answers when, and what, a test says. */
function gatedIam() {
  const logins: PromiseWithResolvers<Response>[] = [];
  const waiters: { count: number; arrived: () => void }[] = [];
  const server = serve(() => {
    const login = Promise.withResolvers<Response>();
    logins.push(login);
    for (const { count, arrived } of waiters) {
      if (logins.length >= count) arrived();
    }
    return login.promise;
  });
  return {
    url: server.url,
    get logins() {
      return logins.length;
    },
    /** Resolves when as many logins have come. */
    arrived: (count: number) =>
      new Promise<void>((arrived) => {
        if (logins.length >= count) arrived();
        else waiters.push({ count, arrived });
      }),
    /** Answers the login of this number, from 1. */
    answer: (number: number, response: Response) =>
      logins[number - 1]?.resolve(response),
    async [Symbol.asyncDispose]() {
      for (const { resolve } of logins) resolve(new Response(null));
      await server[Symbol.asyncDispose]();
    },
  };
}

function tokenAnswer(value: string, seconds: number = LIFETIME): Response {
  return Response.json({ access_token: value, expires_in: seconds });
}

Deno.test("a token source logs in when a token is first needed, not before", async () => {
  await using source = await timed();
  assert.equal(source.logins, 0);
  assert.match(await source.get(), /^ey/);
  assert.equal(source.logins, 1);
});

Deno.test("a token source logs in with the client's credentials by HTTP Basic", async () => {
  const seen: string[] = [];
  await using server = serve(async (request) => {
    seen.push(
      request.method,
      new URL(request.url).pathname,
      request.headers.get("authorization") ?? "",
      request.headers.get("content-type") ?? "",
      await request.text(),
    );
    return tokenAnswer("t1");
  });
  using tokens = sourceOf(server.url, {
    clientId: "client-ü",
    clientSecret: new Secret("geheim:ß"),
  });
  await tokens.get(forever);
  const bytes = new TextEncoder().encode("client-ü:geheim:ß");
  assert.deepEqual(seen, [
    "POST",
    TOKEN,
    `Basic ${bytes.toBase64()}`,
    "application/x-www-form-urlencoded",
    "grant_type=client_credentials",
  ]);
});

Deno.test("a hundred requests at once share one login", async () => {
  await using source = await timed();
  const tokens = await Promise.all(
    Array.from({ length: 100 }, () => source.get()),
  );
  assert.equal(new Set(tokens).size, 1);
  assert.equal(source.logins, 1);
});

Deno.test("a token serves for its life without another login", async () => {
  await using source = await timed();
  const first = await source.get();
  source.at(79.999);
  assert.equal(await source.get(), first);
  await settle(source);
  assert.equal(source.logins, 1);
});

Deno.test("a token is renewed at 80 % of its life while it still serves", async () => {
  let now = 0;
  await using iam = gatedIam();
  using tokens = sourceOf(iam.url, { now: () => now });
  const first = tokens.get(forever);
  await iam.arrived(1);
  iam.answer(1, tokenAnswer("old"));
  assert.equal(await first, "old");

  now = 80 * SECOND;
  assert.equal(await tokens.get(forever), "old");
  await iam.arrived(2);
  now = 99 * SECOND;
  for (let time = 0; time < 50; time++) {
    assert.equal(await tokens.get(forever), "old");
  }
  assert.equal(iam.logins, 2, "one refresh is under way at a time");

  now = 100 * SECOND;
  const late = tokens.get(forever);
  iam.answer(2, tokenAnswer("new"));
  assert.equal(await late, "new", "an expired token waits for the refresh");
  assert.equal(await tokens.get(forever), "new");
  assert.equal(iam.logins, 2);
});

Deno.test("a token's life begins when it was asked for, not when it came", async () => {
  let now = 0;
  await using iam = gatedIam();
  using tokens = sourceOf(iam.url, { now: () => now });
  const first = tokens.get(forever);
  await iam.arrived(1);
  now = 60 * SECOND;
  iam.answer(1, tokenAnswer("old"));
  await first;
  now = 100 * SECOND;
  const second = tokens.get(forever);
  await iam.arrived(2);
  iam.answer(2, tokenAnswer("new"));
  assert.equal(await second, "new");
});

Deno.test("a failing refresh keeps the old token, leaves IAM alone for 5 seconds, and gives up when it expires", async () => {
  await using source = await timed();
  const first = await source.get();
  source.emulator.faults.set([{ kind: "error", status: 500 }]);

  for (const [begin, failures] of [[80, 1], [85, 2], [90, 3]] as const) {
    source.at(begin);
    assert.equal(await source.get(), first);
    await loggedIn(source, 1 + failures);
    await until(() => source.refreshErrors.length === failures);
    source.at(begin + 4.999);
    assert.equal(await source.get(), first);
    await settle(source);
    assert.equal(source.logins, 1 + failures, "IAM is left alone");
  }
  assert.ok(source.refreshErrors[0] instanceof AgsError);

  source.at(100);
  const error = await rejection(source.get());
  assert.ok(error instanceof AgsError);
  assert.equal(error.status, 500);
  source.emulator.faults.clear();
  assert.notEqual(await source.get(), first);
});

Deno.test("a refresh that IAM put off is not tried before IAM said", async () => {
  await using source = await timed();
  const first = await source.get();
  source.emulator.faults.set([{ kind: "tooManyRequests", retryAfter: 12 }]);
  source.at(80);
  await source.get();
  await loggedIn(source, 2);
  await until(() => source.refreshErrors.length === 1);
  source.at(91.9);
  assert.equal(await source.get(), first);
  await settle(source);
  assert.equal(source.logins, 2);
  source.at(92);
  await source.get();
  await loggedIn(source, 3);
  assert.equal(source.logins, 3);
});

for (
  const [said, last] of [[1e300, 86_399], [0.001, 0.799]] as const
) {
  Deno.test(`a token that IAM says lives for ${said} s is used for ${last} s`, async () => {
    let now = 0;
    await using server = serve((_request, number) =>
      tokenAnswer(`t${number}`, said)
    );
    using tokens = sourceOf(server.url, { now: () => now });
    assert.equal(await tokens.get(forever), "t1");
    now = last * SECOND;
    assert.equal(await tokens.get(forever), "t1");
    now = (last + 1) * SECOND;
    assert.equal(await tokens.get(forever), "t2");
  });
}

Deno.test("a token that lacks a permission is renewed while it serves, half a minute after its login at the earliest", async () => {
  await using source = await timed();
  const first = await source.get();
  source.at(29.999);
  source.tokens.outgrow(first);
  assert.equal(await source.get(), first);
  await settle(source);
  assert.equal(source.logins, 1);
  source.at(30);
  source.tokens.outgrow("another");
  await source.get();
  await settle(source);
  assert.equal(source.logins, 1);
  source.tokens.outgrow(first);
  assert.equal(await source.get(), first);
  await loggedIn(source, 2);
  await until(() => source.tokens.times?.age === 0);
  assert.notEqual(await source.get(), first);
});

Deno.test("a login that fails is no event's fault", async () => {
  for (const [, answer] of NO_TOKENS) {
    await using server = serve(answer);
    using tokens = sourceOf(server.url);
    for (let time = 0; time < 3; time++) {
      const error = await rejection(tokens.get(forever));
      assert.ok(error instanceof AgsError);
      assert.deepEqual([error.retryable, error.isOutage], [true, true]);
    }
  }
});

Deno.test("IAM's own refusal of the client is told of, and nothing else", async () => {
  const told: unknown[] = [];
  const tell = (error: AgsError) => told.push(error.status);
  await using emulator = await startEmulator({ clientSecret: "another" });
  using refusedTokens = sourceOf(emulator.url, { onClientRefused: tell });
  await rejection(refusedTokens.get(forever));
  assert.deepEqual(told, [401]);
  for (const fault of ["html", "error"] as const) {
    emulator.faults.set([{ kind: fault, status: 503 }]);
    using tokens = sourceOf(emulator.url, { onClientRefused: tell });
    await rejection(tokens.get(forever));
  }
  assert.deepEqual(told, [401]);
});

Deno.test("a refused token is not handed out again", async () => {
  await using source = await timed();
  const first = await source.get();
  source.tokens.invalidate(first);
  assert.notEqual(await source.get(), first);
  assert.equal(source.logins, 2);
});

Deno.test("refusing an old token does not drop a newer one", async () => {
  await using source = await timed();
  const first = await source.get();
  source.tokens.invalidate(first);
  const second = await source.get();
  for (let time = 0; time < 200; time++) source.tokens.invalidate(first);
  assert.equal(await source.get(), second);
  assert.equal(source.logins, 2);
});

Deno.test("a token that is refused while it is renewed is replaced by that renewal", async () => {
  let now = 0;
  await using iam = gatedIam();
  using tokens = sourceOf(iam.url, { now: () => now });
  const first = tokens.get(forever);
  await iam.arrived(1);
  iam.answer(1, tokenAnswer("old"));
  await first;
  now = 80 * SECOND;
  await tokens.get(forever);
  await iam.arrived(2);
  tokens.invalidate("old");
  const second = tokens.get(forever);
  iam.answer(2, tokenAnswer("new"));
  assert.equal(await second, "new");
  assert.equal(iam.logins, 2);
});

const NO_TOKENS: readonly (readonly [string, () => Response])[] = [
  ["HTML", () =>
    new Response("<html>Sign in</html>", {
      headers: { "content-type": "text/html" },
    })],
  ["nothing", () => new Response(null, { status: 204 })],
  ["null", () => Response.json(null)],
  ["a list", () => Response.json([])],
  ["no token", () => Response.json({ expires_in: 10 })],
  ["an empty token", () => tokenAnswer("", 10)],
  ["a token of two lines", () => tokenAnswer("a\nb", 10)],
  ["a token that no header can carry", () => tokenAnswer("a€b", 10)],
  [
    "a token that is no text",
    () => Response.json({ access_token: 1, expires_in: 10 }),
  ],
  ["no life", () => Response.json({ access_token: "t" })],
  ["a life of 0", () => tokenAnswer("t", 0)],
  ["a life below 0", () => tokenAnswer("t", -1)],
  [
    "a life in words",
    () => Response.json({ access_token: "t", expires_in: "10" }),
  ],
  ["a redirect", () =>
    new Response(null, {
      status: 302,
      headers: { location: "http://127.0.0.1:9/" },
    })],
  ["400", () => Response.json({ error: "invalid_request" }, { status: 400 })],
  ["401", () => Response.json({ error: "invalid_client" }, { status: 401 })],
  ["403", () => Response.json({ error: "access_denied" }, { status: 403 })],
  ["404", () => new Response("no such page", { status: 404 })],
  ["429", () => Response.json({}, { status: 429 })],
  ["500", () => new Response("<html>", { status: 500 })],
  ["503", () => Response.json({}, { status: 503 })],
];

for (const [what, answer] of NO_TOKENS) {
  Deno.test(`a login that is answered ${what} fails, the event can come again, and a next login helps`, async () => {
    await using server = serve((_request, number) =>
      number === 1 ? answer() : tokenAnswer("good")
    );
    using tokens = sourceOf(server.url);
    const error = await rejection(tokens.get(forever));
    assert.ok(error instanceof AgsError, String(error));
    assert.equal(error.retryable, true);
    assert.match(error.message, /POST \/iam\/v3\/oauth\/token/);
    assert.equal(await tokens.get(forever), "good");
  });
}

Deno.test("a refused login keeps what IAM said", async () => {
  await using emulator = await startEmulator({ clientSecret: "another" });
  using tokens = sourceOf(emulator.url);
  const error = await rejection(tokens.get(forever));
  assert.ok(error instanceof AgsError);
  assert.equal(error.status, 401);
  assert.equal(error.errorCode, "invalid_client");
});

Deno.test("a login that cannot reach IAM fails, and the event can come again", async () => {
  using tokens = sourceOf(deadUrl());
  const error = await rejection(tokens.get(forever));
  assert.ok(error instanceof AgsError);
  assert.equal(error.retryable, true);
});

Deno.test("a login that is never answered fails in time", async () => {
  await using emulator = await startEmulator();
  emulator.faults.set([{ kind: "hang" }]);
  using tokens = sourceOf(emulator.url, { timeout: 20 });
  const error = await rejection(tokens.get(forever));
  assert.ok(error instanceof AgsError);
  assert.equal(error.retryable, true);
  assert.match(error.message, /within 20 ms/);
});

Deno.test("an ended signal starts no login", async () => {
  using rejections = watchRejections();
  await using emulator = await startEmulator();
  emulator.faults.set([{ kind: "error", status: 500 }]);
  using tokens = sourceOf(emulator.url);
  const reason = new Error("over");
  const ended = AbortSignal.abort(reason);
  assert.equal(await rejection(tokens.get(ended)), reason);
  await rejection(tokens.get(forever));
  assert.equal(emulator.journal.counters.requests, 1);
  assert.deepEqual(rejections.reasons, []);
});

Deno.test("who gives up waiting leaves the login to the others", async () => {
  await using iam = gatedIam();
  using tokens = sourceOf(iam.url);
  const controller = new AbortController();
  const reason = new Error("over");
  const impatient = rejection(tokens.get(controller.signal));
  const patient = tokens.get(forever);
  await iam.arrived(1);
  controller.abort(reason);
  assert.equal(await impatient, reason);
  iam.answer(1, tokenAnswer("t"));
  assert.equal(await patient, "t");
  assert.equal(iam.logins, 1);
});

Deno.test("a login that everybody left goes on, and its token serves the next", async () => {
  await using iam = gatedIam();
  using tokens = sourceOf(iam.url);
  const controller = new AbortController();
  const left = [1, 2, 3].map(() => rejection(tokens.get(controller.signal)));
  await iam.arrived(1);
  controller.abort(new Error("over"));
  await Promise.all(left);
  const next = tokens.get(forever);
  iam.answer(1, tokenAnswer("t"));
  assert.equal(await next, "t");
  assert.equal(iam.logins, 1);
});

Deno.test("a login that everybody left and that fails is no stray error", async () => {
  using rejections = watchRejections();
  await using iam = gatedIam();
  using tokens = sourceOf(iam.url);
  const controller = new AbortController();
  const left = rejection(tokens.get(controller.signal));
  await iam.arrived(1);
  controller.abort(new Error("over"));
  await left;
  iam.answer(1, new Response(null, { status: 500 }));
  const token = retry(tokens);
  await iam.arrived(2);
  iam.answer(2, tokenAnswer("t"));
  assert.equal(await token, "t");
  assert.deepEqual(rejections.reasons, []);
});

/** Asks for a token until there is one. */
async function retry(tokens: TokenSource): Promise<string> {
  for (;;) {
    try {
      return await tokens.get(forever);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

function watchRejections(): Disposable & { readonly reasons: unknown[] } {
  const reasons: unknown[] = [];
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listener);
  return {
    reasons,
    [Symbol.dispose]: () =>
      globalThis.removeEventListener("unhandledrejection", listener),
  };
}

Deno.test("disposing ends a login under way, and leaves nothing behind", async () => {
  await using server = serveBytes((_connection, end) => end);
  const tokens = sourceOf(server.url);
  const waiting = rejection(tokens.get(forever));
  await new Promise((resolve) => setTimeout(resolve, 0));
  tokens[Symbol.dispose]();
  assert.ok(await waiting instanceof ShutdownError);
});

Deno.test("disposing during a refresh is no failed refresh", async () => {
  await using source = await timed();
  await source.get();
  source.emulator.faults.set([{ kind: "hang" }]);
  source.at(80);
  await source.get();
  await loggedIn(source, 2);
  source.tokens[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(source.refreshErrors, []);
});

Deno.test("a disposed source logs in no more", async () => {
  await using emulator = await startEmulator();
  const tokens = sourceOf(emulator.url);
  tokens[Symbol.dispose]();
  assert.ok(await rejection(tokens.get(forever)) instanceof ShutdownError);
  assert.equal(emulator.journal.counters.requests, 0);
});

Deno.test("while logins fail, IAM is asked less and less often", async () => {
  await using source = await timed();
  source.emulator.faults.set([{ kind: "error", status: 500 }]);
  const asked: number[] = [];
  for (let milliseconds = 0; milliseconds <= 20_000; milliseconds += 50) {
    source.at(milliseconds / SECOND);
    const before = source.logins;
    assert.ok(await rejection(source.get()) instanceof AgsError);
    if (source.logins > before) asked.push(milliseconds);
  }
  assert.deepEqual(
    asked,
    [0, 50, 150, 350, 750, 1550, 3150, 6350, 11350, 16350],
  );
});

Deno.test("a login that is not tried says why, and when it will be", async () => {
  await using source = await timed({ clientSecret: "another" });
  for (let time = 0; time < 4; time++) {
    await rejection(source.get());
    source.at((time + 1) * 100);
  }
  await rejection(source.get());
  source.at(400.2);
  const error = await rejection(source.get());
  assert.ok(error instanceof AgsError);
  assert.equal(error.retryable, true);
  assert.equal(error.status, 401);
  assert.equal(error.errorCode, "invalid_client");
  assert.equal(error.retryAfter, 600);
  assert.match(error.message, /^Login is paused: AGS answered POST/);
});

Deno.test("a login that works ends the pauses", async () => {
  await using source = await timed();
  source.emulator.faults.set([{ kind: "error", status: 500, times: 8 }]);
  for (let time = 1; time <= 8; time++) {
    await rejection(source.get());
    source.at(time * 10);
  }
  source.tokens.invalidate(await source.get());
  source.emulator.faults.set([{ kind: "error", status: 500, times: 1 }]);
  await rejection(source.get());
  assert.match(await source.get(), /^ey/, "a first failure costs no pause");
});

Deno.test("a login is not tried before IAM said, nor later than a minute for it", async () => {
  for (const [asked, wanted] of [[7, 7], [3_600, 60]] as const) {
    await using source = await timed();
    source.emulator.faults.set([
      { kind: "tooManyRequests", retryAfter: asked, times: 1 },
    ]);
    await rejection(source.get());
    source.at(wanted - 0.001);
    await rejection(source.get());
    assert.equal(source.logins, 1);
    source.at(wanted);
    await source.get();
    assert.equal(source.logins, 2);
  }
});
