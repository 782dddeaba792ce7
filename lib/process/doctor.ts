/**
 * `doctor`: finds problems of the service before AGS does.
 *
 * @module
 */

import { createAgsClient } from "../ags/client.ts";
import { AgsError } from "../ags/errors.ts";
import { DEFAULT_LETTER_FILE } from "../config/dead_letters.ts";
import type { Settings } from "../config/setting.ts";
import type { ServiceConfig } from "../config/table.ts";
import type { Ags } from "../core/context.ts";
import { listenOnAll } from "../core/listen_on_all.ts";
import { canKeepLetters } from "../dead_letters/letter_folder.ts";
import { checkHealth } from "../grpc/health_client.ts";
import { checkStore } from "../idempotency/check_store.ts";

/** The result of a check. */
export interface Finding {
  /** What was checked. */
  readonly name: string;
  /**
   * `unknown`: this client lacks the permission to check, which may not affect
   * events. `warning`: events are handled, but something should be done.
   */
  readonly verdict: "ok" | "failed" | "unknown" | "warning";
  /** The finding and, if it is not ok, what to do. */
  readonly text: string;
}

/** Options of {@linkcode diagnose}. */
export interface DiagnoseOptions {
  /** The handlers' settings, whose checks also run. @default {none} */
  readonly settings?: Settings;
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
}

/** Time limit for one check, in milliseconds. */
const TIMEOUT = 5_000;

/**
 * Checks what the service needs: AGS's login, the namespace, the handlers'
 * settings, the idempotency store, the ports. A port is fine if it is free, or
 * if this service answers on it.
 */
export async function diagnose(
  config: ServiceConfig,
  options: DiagnoseOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [
    { name: "settings", verdict: "ok", text: "all settings are valid" },
  ];
  using client = createAgsClient({ ...config, requestTimeout: TIMEOUT });
  const signal = AbortSignal.timeout(2 * TIMEOUT);
  const login = await look("AGS login", async () => {
    await client.ready(signal);
    return `client ${config.clientId} can log in at ${config.baseUrl}`;
  });
  findings.push(login);
  if (login.verdict === "ok") {
    const ags = client.bind({ signal });
    findings.push(await namespace(ags));
    for (const [key, setting] of Object.entries(options.settings ?? {})) {
      const value: unknown = config[key as keyof ServiceConfig];
      const { env, check } = setting;
      if (check === undefined) continue;
      findings.push(await look(env, () => check(value, ags)));
    }
  }
  // Cloud Save cannot be checked without a login.
  if (login.verdict === "ok" || config.idempotencyStore !== "cloudsave") {
    findings.push(await storeFinding(config));
  }
  findings.push(
    ...(config.sources.includes("grpc")
      ? [await grpcPort(config.grpcPort, options.protoFolder)]
      : []),
    await metricsPort(config.metricsPort),
    ...await deadLetters(config.deadLetter),
  );
  return findings;
}

/**
 * Checks that the service is running on this machine and can handle events: a
 * container's health check.
 */
export async function checkRunning(
  config: ServiceConfig,
  options: DiagnoseOptions,
): Promise<readonly Finding[]> {
  const unready = await whyNotReady(config.metricsPort);
  const grpc = config.sources.includes("grpc")
    ? [await servingGrpc(config.grpcPort, options.protoFolder)]
    : [];
  return [
    ...grpc,
    {
      name: "ready",
      verdict: unready === undefined ? "ok" : "failed",
      text: unready ?? "events can be handled",
    },
  ];
}

async function servingGrpc(
  port: number,
  protoFolder: string,
): Promise<Finding> {
  const status = await grpcStatus(port, protoFolder);
  return {
    name: "gRPC",
    verdict: status === "SERVING" ? "ok" : "failed",
    text: `port ${port} answers ${status}`,
  };
}

async function storeFinding(config: ServiceConfig): Promise<Finding> {
  return await look("idempotency store", () => checkStore(config));
}

async function look(
  name: string,
  find: () => Promise<string>,
): Promise<Finding> {
  try {
    return { name, verdict: "ok", text: await find() };
  } catch (error) {
    if (error instanceof AgsError && error.status === 403 && !error.isForeign) {
      const text =
        `cannot be checked: the client may not read it (${error.message})`;
      return { name, verdict: "unknown", text };
    }
    const text = error instanceof Error ? error.message : String(error);
    return { name, verdict: "failed", text };
  }
}

function namespace(ags: Ags): Promise<Finding> {
  return look("namespace", async () => {
    // Permission: ADMIN:NAMESPACE:{namespace}:NAMESPACE [READ].
    await ags.request("GET", "/basic/v1/admin/namespaces/{namespace}");
    return `${ags.namespace} exists`;
  });
}

async function grpcPort(port: number, protoFolder: string): Promise<Finding> {
  const name = "gRPC port";
  if (await isFree(port)) {
    return { name, verdict: "ok", text: `${port} is free` };
  }
  const status = await grpcStatus(port, protoFolder);
  return status === "SERVING"
    ? { name, verdict: "ok", text: `${port} is served by a running service` }
    : {
      name,
      verdict: "failed",
      text:
        `${port} is taken and answers ${status}: set GRPC_PORT to a free port`,
    };
}

async function metricsPort(port: number): Promise<Finding> {
  const name = "metrics port";
  if (await isFree(port)) {
    return { name, verdict: "ok", text: `${port} is free` };
  }
  return await answers(port, "/livez")
    ? { name, verdict: "ok", text: `${port} is served by a running service` }
    : {
      name,
      verdict: "failed",
      text: `${port} is taken: set METRICS_PORT to a free port`,
    };
}

async function deadLetters(
  deadLetter: ServiceConfig["deadLetter"],
): Promise<readonly Finding[]> {
  const name = "dead letters";
  const isAuto = deadLetter === "auto";
  const path = isAuto
    ? DEFAULT_LETTER_FILE
    : /^file:(.+)$/s.exec(deadLetter)?.[1];
  if (path === undefined) return [];
  if (await canKeepLetters(path)) {
    return [{ name, verdict: "ok", text: `can be written to ${path}` }];
  }
  return [
    isAuto
      ? {
        name,
        verdict: "warning",
        text: `cannot be written to ${path}, and go to the log without their ` +
          "payload: let this process write to its folder, or set DEAD_LETTER",
      }
      : {
        name,
        verdict: "failed",
        text:
          `cannot be written to ${path}: have DEAD_LETTER name a file that ` +
          "this process may read and write",
      },
  ];
}

function grpcStatus(port: number, protoFolder: string): Promise<string> {
  return checkHealth(port, { protoFolder, timeout: TIMEOUT });
}

/** The answer of `/readyz`, if it is not ok. */
async function whyNotReady(port: number): Promise<string | undefined> {
  const answer = await ask(port, "/readyz");
  if (answer?.isOk) return undefined;
  return answer?.text ?? `nothing answers at port ${port}`;
}

async function answers(port: number, path: string): Promise<boolean> {
  return (await ask(port, path))?.isOk ?? false;
}

/** Longest answer that is shown: any program may have the port. */
const MAX_TEXT = 200;

async function ask(
  port: number,
  path: string,
): Promise<{ readonly isOk: boolean; readonly text: string } | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const reader = response.body?.getReader();
    const start = await reader?.read();
    await reader?.cancel();
    const text = new TextDecoder().decode(start?.value).slice(0, MAX_TEXT);
    return { isOk: response.ok, text: text.replace(/\p{C}/gu, " ").trim() };
  } catch {
    return undefined;
  }
}

/** Whether the service could listen on the port. */
async function isFree(port: number): Promise<boolean> {
  try {
    const listeners = await listenOnAll((hostname, port) => {
      const listener = Deno.listen({ hostname, port });
      return { port: listener.addr.port, close: () => listener.close() };
    }, { port, setting: "port" });
    for (const listener of listeners) listener.close();
    return true;
  } catch {
    return false;
  }
}
