/**
 * The settings as text: for `--help`, `--print-config`, the README and
 * `.env.template`.
 *
 * @module
 */

import { type Config, type Setting, settings } from "./config.ts";

/** What `--help` prints. */
export function helpText(): string {
  const width = Math.max(...settings.map(([, { env }]) => env.length));
  const rows = settings.map(([, setting]) =>
    `  ${setting.env.padEnd(width)}  ${setting.doc} (${defaultOf(setting)})`
  );
  return `Handles AccelByte Gaming Services events over gRPC.

Without arguments it runs until SIGTERM or SIGINT.

  --help            Show this text
  --version         Show version and commit
  --print-config    Show the settings in force, secrets hidden
  doctor            Check settings, AGS login, namespace, item and ports; exit code
                    1 when something is wrong
  doctor --running  Check that the running service takes events: for a container's
                    health check

Settings, from the environment or a .env file (the environment wins):
${rows.join("\n")}
`;
}

/** What `--print-config` prints: `NAME=value` lines that a `.env` file may hold. */
export function configText(config: Config): string {
  return settings.map(([key, setting]) =>
    `${setting.env}=${valueText(config[key], setting)}\n`
  ).join("");
}

function valueText(value: Config[keyof Config], setting: Setting): string {
  if (value === undefined) return "none";
  if (setting.secret) return "[secret]";
  // Durations are the only numbers that have a unit.
  return typeof value === "number" && /^\d+[a-z]+$/.test(setting.default ?? "")
    ? `${value}ms`
    : quoted(String(value));
}

/** A value as a `.env` file takes it: `#` begins a comment outside quotes. */
function quoted(value: string): string {
  if (!/[#\s'"`]/.test(value)) return value;
  const quote = ["'", "`", '"'].find((each) => !value.includes(each)) ?? "";
  return `${quote}${value}${quote}`;
}

/** The README's table, in Markdown. */
export function markdownTable(): string {
  const rows = settings.map(([, setting]) =>
    `| \`${setting.env}\` | ${setting.doc} | ${
      setting.default === undefined ? "required" : `\`${setting.default}\``
    } |`
  );
  return ["| Variable | What it is | Default |", "|---|---|---|", ...rows, ""]
    .join("\n");
}

/** The text of `.env.template`: the required ones to fill in, the others as comments. */
export function envTemplate(): string {
  const rows = settings.map(([, setting]) => {
    const doc = `# ${setting.doc.replaceAll("`", "")}.`;
    const line = setting.default === undefined
      ? `${setting.env}=${setting.example ?? ""}`
      : `# ${setting.env}=${setting.default}`;
    return `${doc}\n${line}\n`;
  });
  return `# Copy to .env and fill in. Never commit .env.
# A value that has a # in it goes in 'quotes'.\n\n${rows.join("\n")}`;
}

function defaultOf(setting: Setting): string {
  return setting.default === undefined
    ? "required"
    : `default ${setting.default}`;
}
