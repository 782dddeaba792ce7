/**
 * Panels about AGS, as the handlers see it.
 *
 * @module
 */

import type { Panel } from "./grafana.ts";
import { ON, quantile, quantiles, rate } from "./promql.ts";

/** The requests that handlers make to AGS. */
export const ags: readonly Panel[] = [
  {
    title: "AGS calls",
    question: "Which AGS APIs do the handlers call, and how often?",
    queries: [{
      expr: rate("ags_requests_total", " by (service, operation)"),
      legend: "{{service}} {{operation}}",
    }],
    unit: "reqps",
    isStacked: true,
  },
  {
    title: "AGS answers",
    question: "What does AGS answer, and which answers are errors?",
    queries: [{
      expr: rate("ags_requests_total", " by (code)"),
      legend: "{{code}}",
    }],
    unit: "reqps",
    isStacked: true,
  },
  {
    title: "AGS retries",
    question: "Which calls had to be retried?",
    queries: [{
      expr: rate("ags_retries_total", " by (service, operation)"),
      legend: "{{service}} {{operation}}",
    }],
    unit: "reqps",
  },
  {
    title: "AGS percentiles",
    question: "How fast does AGS answer?",
    queries: quantiles("ags_request_seconds", ON),
    unit: "s",
  },
  {
    title: "AGS p99 by operation",
    question: "Which AGS API is slow?",
    queries: [{
      expr: quantile(0.99, "ags_request_seconds", {
        by: ["service", "operation"],
      }),
      legend: "{{service}} {{operation}}",
    }],
    unit: "s",
  },
  {
    title: "AGS breaker",
    question: "Is the breaker open, so that no requests go to AGS?",
    queries: [{
      expr: `max by (instance) (ags_breaker_state{${ON}})`,
      legend: "{{instance}}",
    }],
    look: "state-timeline",
    unit: "none",
    words: {
      0: { text: "closed", color: "green" },
      1: { text: "half open", color: "orange" },
      2: { text: "open", color: "red" },
    },
  },
  {
    title: "AGS token",
    question: "How old is the AGS token, and when does it expire?",
    queries: [
      {
        expr: `max by (instance) (ags_token_age_seconds{${ON}})`,
        legend: "age {{instance}}",
      },
      {
        expr: `min by (instance) (ags_token_expires_in_seconds{${ON}})`,
        legend: "expires in {{instance}}",
      },
    ],
    unit: "s",
    width: 12,
  },
  {
    title: "AGS logins",
    question: "Does the service get its tokens?",
    queries: [{
      expr: rate("ags_token_refreshes_total", " by (result)"),
      legend: "{{result}}",
    }],
    unit: "reqps",
    width: 12,
  },
  {
    title: "AGS refusals",
    question:
      "Which requests are refused for reasons outside the event: the client, " +
      "a missing permission, a proxy in AGS's place?",
    queries: [{
      expr: rate("ags_refusals_total", " by (by, operation)"),
      legend: "{{by}} {{operation}}",
    }],
    unit: "reqps",
    width: 24,
  },
  {
    title: "AGS rate limit",
    question:
      "How many requests does AB_RATE_LIMIT delay, and how many does it " +
      "refuse?",
    queries: [{
      expr: rate("ags_rate_limited_total", " by (result)"),
      legend: "{{result}}",
    }],
    unit: "reqps",
    width: 12,
  },
  {
    title: "AGS rate limit wait",
    question: "How long do requests wait for AB_RATE_LIMIT?",
    queries: quantiles("ags_rate_limit_wait_seconds", ON),
    unit: "s",
    width: 12,
  },
];
