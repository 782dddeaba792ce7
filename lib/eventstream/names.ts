/**
 * Names of topics, events and groups, as in the Go event stream SDK.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { InvalidEventNameError, InvalidTopicError } from "./errors.ts";

/**
 * Letters and digits, with single separators between them. It matches the same
 * names as the Go SDK's pattern, without its nested quantifiers, which take
 * exponential time in JavaScript.
 */
const NAME = /^[A-Za-z0-9]+(?:['_.-][A-Za-z0-9]+)*$/;

/** A v4 UUID without hyphens, in lower case. */
const UUID = /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** How much of an invalid name an error message shows. */
const SHOWN_LENGTH = 64;

/**
 * A topic or group with the prefix, which separates environments on one
 * cluster.
 */
export function withPrefix(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}

/** The topic without the prefix; unchanged if it has another. */
export function withoutPrefix(prefix: string, topic: string): string {
  return prefix !== "" && topic.startsWith(`${prefix}.`)
    ? topic.slice(prefix.length + 1)
    : topic;
}

/** The topic of dead letters. @param topic With prefix. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/**
 * Validates a topic, in linear time.
 *
 * @throws {InvalidTopicError} It is empty or has invalid characters.
 */
export function checkTopic(topic: string): void {
  if (!NAME.test(topic)) throw new InvalidTopicError(badName("Topic", topic));
}

/**
 * Validates an event name, in linear time.
 *
 * @throws {InvalidEventNameError} It is empty or has invalid characters.
 */
export function checkEventName(name: string): void {
  if (!NAME.test(name)) {
    throw new InvalidEventNameError(badName("Event name", name));
  }
}

function badName(what: string, name: string): string {
  const shown = name.length > SHOWN_LENGTH
    ? `${name.slice(0, SHOWN_LENGTH)}…`
    : name;
  return `${what} is ${JSON.stringify(shown)}: expected letters and digits, ` +
    "with single ' _ . or - between them";
}

/** A new event id: a v4 UUID in lower case without hyphens. */
export function newId(): string {
  return randomUUID().replaceAll("-", "");
}

/** Whether a text is an id in the form of {@linkcode newId}. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
