/**
 * The settings as text: for `--help`, `--print-config`,
 * `docs/settings.md` and `.env.template`.
 *
 * @module
 */

import type { Setting, Settings } from "./setting.ts";

/** The output of `--help`. */
export function helpText(settings: Settings): string {
  const width = Math.max(
    ...Object.values(settings).map(({ env }) => env.length),
  );
  const rows = Object.values(settings).map((setting) =>
    `  ${setting.env.padEnd(width)}  ${setting.doc} (${defaultOf(setting)})`
  );
  return `Handles events of AccelByte Gaming Services.

Without arguments it runs until SIGTERM or SIGINT.

  --help            Show this text
  --version         Show version and commit
  --print-config    Show the current settings, without secrets
  doctor            Check settings, AGS login, namespace, item and ports; exit code
                    1 if something is wrong
  doctor --running  Check that the running service is ready: for a container's
                    health check

Settings, from the environment or a .env file (the environment wins):
${rows.join("\n")}
`;
}

/**
 * The output of `--print-config`: `NAME=value` lines that are valid in a `.env`
 * file.
 */
export function configText(
  config: Readonly<Record<string, unknown>>,
  settings: Settings,
): string {
  return Object.entries(settings).map(([key, setting]) =>
    `${setting.env}=${valueText(config[key], setting)}\n`
  ).join("");
}

function valueText(value: unknown, setting: Setting): string {
  const isEmpty = Array.isArray(value) && value.length === 0;
  if (value === undefined || isEmpty) return "none";
  if (setting.secret === true) return "[secret]";
  if (setting.unit === "ms") return `${value}ms`;
  const text = quoted(String(value));
  return setting.secret === "maybe" ? withoutQuery(text) : text;
}

/** A URL without its query, which may contain a key. */
function withoutQuery(text: string): string {
  return text.replace(/^(https?:[^?]*\?).*$/s, "$1[secret]");
}

/** A value in `.env` syntax: `#` begins a comment outside quotes. */
function quoted(value: string): string {
  if (!/[#\s'"`]/.test(value)) return value;
  const quote = ["'", "`", '"'].find((each) => !value.includes(each)) ?? "";
  return `${quote}${value}${quote}`;
}

/** The table of `docs/settings.md`, in Markdown. */
export function markdownTable(settings: Settings): string {
  const rows = Object.values(settings).map((setting) =>
    `| \`${setting.env}\` | ${setting.doc} | ${
      setting.default === undefined ? "required" : `\`${setting.default}\``
    } |`
  );
  return ["| Variable | What it is | Default |", "|---|---|---|", ...rows, ""]
    .join("\n");
}

/**
 * The text of `.env.template`: required settings to fill in, the others as
 * comments.
 */
export function envTemplate(settings: Settings): string {
  const rows = Object.values(settings).map((setting) => {
    const doc = `# ${setting.doc.replaceAll("`", "")}.`;
    const line = setting.default === undefined
      ? `${setting.env}=${setting.example ?? ""}`
      : `# ${setting.env}=${setting.default}`;
    return `${doc}\n${line}\n`;
  });
  return `# Copy to .env and fill in. Never commit .env.
# Put a value that contains # in 'quotes'.\n\n${rows.join("\n")}`;
}

function defaultOf(setting: Setting): string {
  return setting.default === undefined
    ? "required"
    : `default ${setting.default}`;
}
