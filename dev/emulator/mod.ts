/**
 * An emulator of AccelByte Gaming Services (AGS): IAM client tokens, item
 * fulfillment v1 and v3, entitlement queries, wallets and the item lookup, and the
 * calls of `game.ts`, over HTTP on loopback, with faults on demand and a journal
 * of what was granted.
 *
 * What is not emulated, stubs answer (`stub.ts`); what the game has configured, a seed
 * says (`seed.ts`).
 *
 * It refuses what AGS refuses: an expired or foreign token, another namespace,
 * a field out of its range, an item that does not exist, a durable item that
 * is owned. Where AGS's public specifications leave something open, the module
 * that decides it says so.
 *
 * ```ts
 * await using emulator = await startEmulator();
 * emulator.faults.set([{ kind: "resetAfter", times: 1 }]);
 * ```
 *
 * @module
 */

import {
  type Catalog,
  createCatalog,
  DEFAULT_ITEMS,
  type EmulatedItem,
} from "./catalog.ts";
import { controlRoutes } from "./control.ts";
import type { Answer, Permission } from "./errors.ts";
import { createFaults, type Faults } from "./faults.ts";
import { createTransactions } from "./fulfillment_v3.ts";
import { createGame, type Game, type GameServices } from "./game.ts";
import type { GameOptions } from "./game_catalog.ts";
import { basicRoutes } from "./basic.ts";
import { iamRoutes } from "./iam.ts";
import { createJournal, type Journal, type JournalWriter } from "./journal.ts";
import { createLedger, type Ledger, type State } from "./ledger.ts";
import {
  createPipeline,
  type IncomingRequest,
  type Pipeline,
} from "./pipeline.ts";
import { platformRoutes } from "./platform.ts";
import { createRouter, type Route } from "./router.ts";
import type { Seed } from "./seed.ts";
import { startHttpServer } from "./server.ts";
import { parseStubs, type Stub, stubRoutes } from "./stub.ts";
import { createTickets, type Tickets } from "./tickets.ts";
import { createTokens } from "./tokens.ts";

export {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DEFAULT_ITEMS,
  DURABLE_ITEM_ID,
  type EmulatedItem,
  type EmulatedItemType,
  SUBSCRIPTION_ITEM_ID,
  UNSTACKABLE_ITEM_ID,
} from "./catalog.ts";
export type * from "./fault_schema.ts";
export { FaultError } from "./fault_schema.ts";
export type { Faults, FaultStatus } from "./faults.ts";
export type {
  Journal,
  JournalCounters,
  JournalGrant,
  JournalRequest,
} from "./journal.ts";
export type { Game } from "./game.ts";
export {
  DEFAULT_ACHIEVEMENTS,
  DEFAULT_CHALLENGES,
  DEFAULT_LEADERBOARDS,
  DEFAULT_SEASON,
  DEFAULT_STATS,
  type EmulatedAchievement,
  type EmulatedLeaderboard,
  type EmulatedPlayer,
  type EmulatedSeason,
  type EmulatedStat,
  FIRST_LOGIN_ACHIEVEMENT,
  type GameOptions,
  HUNDRED_KILLS_ACHIEVEMENT,
  KILLS_LEADERBOARD,
  KILLS_STAT,
  RATING_STAT,
} from "./game_catalog.ts";
export type { GrantCount, State } from "./ledger.ts";
export { parseSeed, type Seed, SeedError } from "./seed.ts";
export {
  type Stub,
  stub,
  StubAnswer,
  type StubCall,
  StubError,
} from "./stub.ts";
export {
  type EmulatedTicket,
  type Tickets,
  ZENDESK_EMAIL,
  ZENDESK_TOKEN,
} from "./tickets.ts";

/** Namespace of an emulator that is not given one. */
export const DEFAULT_NAMESPACE = "mygame";
/** Client that may log in to an emulator that is not given one. */
export const DEFAULT_CLIENT_ID = "c0000000000000000000000000000001";
/** Secret of {@linkcode DEFAULT_CLIENT_ID}; it opens nothing but emulators. */
export const DEFAULT_CLIENT_SECRET = "emulator-only";

/** Options of {@linkcode startEmulator}. */
export interface EmulatorOptions extends GameOptions {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on; 0 takes any free one. @default {0} */
  readonly port?: number;
  /** The one namespace its tokens are good for. @default {"mygame"} */
  readonly namespace?: string;
  /** Client that may log in. */
  readonly clientId?: string;
  /** Secret of that client. */
  readonly clientSecret?: string;
  /** Life of a token in seconds. @default {3600} */
  readonly tokenLifetime?: number;
  /** Items of the store. @default {DEFAULT_ITEMS} */
  readonly items?: readonly EmulatedItem[];
  /** Answers of your own. @default {none} */
  readonly stubs?: readonly Stub[];
  /** Told of a request that there is no operation for. @default {nobody} */
  readonly onUnknown?: (method: string, path: string) => void;
  /** Answers what is not asked of AGS, before anything else. @default {nothing is} */
  readonly intercept?: (
    request: IncomingRequest,
  ) => Promise<Answer | undefined>;
  /** Time in milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/** A running emulator. Disposing of it closes every connection at once. */
export interface Emulator extends AsyncDisposable {
  /** Base URL without a slash at the end: the service's `AB_BASE_URL`. */
  readonly url: string;
  /** Its namespace. */
  readonly namespace: string;
  /** What players own. */
  readonly state: State;
  /** What the services of the game know. */
  readonly game: Game;
  /** What goes wrong. */
  readonly faults: Faults;
  /** What was asked and granted. */
  readonly journal: Journal;
  /** The tickets that were opened in the small Zendesk beside it. */
  readonly tickets: Tickets;
  /** A token of a player: what a game's client sends. */
  playerToken(userId: string): Promise<string>;
  /**
   * Answers these in place of the stubs so far.
   *
   * @throws {StubError} They make no sense; the stubs so far stay.
   */
  setStubs(stubs: readonly Stub[]): void;
  /**
   * Starts the game anew, configured like this: players have what the seed says. The
   * journal, the faults and the tokens stay.
   *
   * @throws {TypeError} The configuration makes no sense; the game stays as it is.
   */
  reseed(seed: Seed): void;
  /** Ends the life of all tokens issued so far: they answer 401 from now on. */
  revokeTokens(): void;
  /** Forgets players, records, the journal and the faults; tokens stay good. */
  reset(): void;
}

/**
 * Starts an emulator.
 *
 * @param options Address, credentials, items, the game and the clock.
 * @throws {TypeError} If an option is not valid.
 * @throws If the address cannot be listened on.
 */
export async function startEmulator(
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const {
    hostname = "127.0.0.1",
    port = 0,
    namespace = DEFAULT_NAMESPACE,
    clientId = DEFAULT_CLIENT_ID,
    clientSecret = DEFAULT_CLIENT_SECRET,
    tokenLifetime = 3600,
    items = DEFAULT_ITEMS,
    stubs = [],
    intercept,
    now = Date.now,
  } = options;
  requireText({ namespace, clientId, clientSecret, hostname });
  requireInteger({ tokenLifetime }, { min: 1, max: 2 ** 31 - 1 });
  requireInteger({ port }, { min: 0, max: 65_535 });

  const journal = createJournal();
  const faults = createFaults();
  const place = { namespace, journal, now };
  const tickets = createTickets();
  let world = createWorld({ ...options, items }, place);
  let findStub = createRouter(stubRoutes(stubs));
  const permissions = clientPermissions(world.services, namespace);
  let url = "";
  const tokens = createTokens({
    lifetime: tokenLifetime,
    now,
    issuer: () => url,
    namespace,
    clientId,
    permissions,
  });
  const iam = iamRoutes({
    tokens,
    namespace,
    clientId,
    clientSecret,
    tokenLifetime,
    permissions,
  });
  function reset(): void {
    world.clear();
    tickets.clear();
    journal.clear();
    faults.clear();
  }

  /** The way of requests through the world as it is now. */
  function enter(): Pipeline {
    const { catalog, ledger, game } = world;
    const routes = [...iam, ...world.services, ...tickets.routes];
    const findRoute = createRouter(routes);
    return createPipeline({
      findRoute(method, path) {
        const stubbed = findStub(method, path);
        return stubbed.kind === "found" ? stubbed : findRoute(method, path);
      },
      onUnknown: options.onUnknown,
      control: [
        ...controlRoutes({
          namespace,
          clientId,
          catalog,
          faults,
          journal,
          state: ledger,
          routes,
          revokeTokens: tokens.revokeAll,
          reset,
        }),
        ...game.control,
      ],
      namespace,
      tokens,
      faults,
      journal,
      now,
    });
  }

  let pipeline = enter();
  const server = await startHttpServer(
    intercept === undefined
      ? (request, wait) => pipeline(request, wait)
      : async (request, wait) => {
        const answer = await intercept(request);
        return answer === undefined
          ? await pipeline(request, wait)
          : { kind: "answer", answer };
      },
    { hostname, port },
  );
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  url = `http://${host}:${server.port}`;
  return {
    url,
    namespace,
    get state() {
      return world.ledger;
    },
    get game() {
      return world.game;
    },
    faults,
    journal,
    tickets,
    playerToken: tokens.issueToPlayer,
    setStubs(stubs) {
      findStub = createRouter(stubRoutes(parseStubs(stubs)));
    },
    reseed(seed) {
      world = createWorld(seed, place);
      pipeline = enter();
    },
    revokeTokens: tokens.revokeAll,
    reset,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The game as it is configured, and what its players have. */
interface World {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly game: GameServices;
  readonly services: readonly Route[];
  /** Forgets what has come of requests. */
  clear(): void;
}

/** @throws {TypeError} The configuration makes no sense. */
function createWorld(
  options: Seed,
  { namespace, journal, now }: {
    readonly namespace: string;
    readonly journal: JournalWriter;
    readonly now: () => number;
  },
): World {
  const catalog = createCatalog(options.items);
  const ledger = createLedger(now);
  const platform = { namespace, catalog, ledger, journal, now };
  const transactions = createTransactions(platform);
  const game = createGame(options, platform);
  return {
    catalog,
    ledger,
    game,
    services: [
      ...basicRoutes(namespace),
      ...platformRoutes(platform, transactions),
      ...game.routes,
    ],
    clear() {
      ledger.clear();
      transactions.clear();
      game.clear();
    },
  };
}

/** All that the operations ask for, as one client would be given it. */
function clientPermissions(
  routes: readonly Route[],
  namespace: string,
): readonly Permission[] {
  const actions = new Map<string, number>();
  for (const { permission } of routes) {
    if (permission === undefined) continue;
    const resource = permission.resource
      .replace("{namespace}", namespace)
      .replace(/\{\w+\}/g, "*");
    actions.set(resource, (actions.get(resource) ?? 0) | permission.action);
  }
  return [...actions].map(([resource, action]) => ({ resource, action }));
}

function requireText(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== "") continue;
    throw new TypeError(`Cannot start the emulator: ${name} is empty`);
  }
}

function requireInteger(
  values: Readonly<Record<string, number>>,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    throw new TypeError(
      `Cannot start the emulator: ${name} is ${value}, expected an integer from ${min} to ${max}`,
    );
  }
}
