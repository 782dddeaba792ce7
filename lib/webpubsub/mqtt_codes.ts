/**
 * Maps HTTP statuses to MQTT codes and back, as Microsoft's libraries do.
 *
 * @module
 */

/** MQTT 3.1.1 and 5, as numbered in CONNECT packets. */
const V311 = 4, V5 = 5;

/** By HTTP status, with a default. */
const CODES: Readonly<
  Record<
    number,
    {
      readonly byStatus: Readonly<Record<number, number>>;
      readonly other: number;
    }
  >
> = {
  [V311]: { byStatus: { 400: 4, 401: 5 }, other: 3 },
  [V5]: { byStatus: { 400: 134, 401: 135 }, other: 128 },
};

/** The CONNACK code for an unknown version of MQTT. */
const UNACCEPTABLE_VERSION = 1;

const STATUSES: Readonly<Record<number, readonly number[]>> = {
  400: [1, 2, 129, 131, 132, 133, 140, 144, 149, 153, 154, 155],
  401: [4, 5, 134, 135],
  403: [138],
  429: [151, 159],
  503: [3],
};

/** The CONNACK code for a refusal with an HTTP status. */
export function mqttCodeOf(status: number, protocolVersion: number): number {
  const codes = CODES[protocolVersion];
  if (codes === undefined) return UNACCEPTABLE_VERSION;
  return codes.byStatus[status] ?? codes.other;
}

/** The HTTP status for a CONNACK code; 500 for codes without a status. */
export function statusOfMqttCode(code: number): number {
  const entry = Object.entries(STATUSES).find(([, codes]) =>
    codes.includes(code)
  );
  return entry === undefined ? 500 : Number(entry[0]);
}
