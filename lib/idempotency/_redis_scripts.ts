/**
 * Redis scripts for an event's record; each runs atomically on one key.
 *
 * A record is a hash: `s` is its state (`run`, `failed`, or how the event
 * ended); for a run, `t` is its token and `u` when its claim ends; `a` counts
 * runs, `f` failures, `c` is when one was last counted and `b` when the first
 * run began. Leases use the server's clock, so that replicas need not agree on
 * the time.
 *
 * @module
 */

interface Script {
  readonly numberOfKeys: 1;
  readonly lua: string;
}

function script(lua: string): Script {
  return { numberOfKeys: 1, lua };
}

/** The scripts, by their method names on the client. */
export const SCRIPTS = {
  claimEvent: script(`
local token, lease, ttl, replay = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local r = redis.call('HMGET', KEYS[1], 's', 't', 'u', 'a', 'f', 'c', 'b')
local state = r[1]
if state == 'done' then return {'done'} end
if state == 'dead_letter' then
  if replay ~= '1' then return {'dead_letter'} end
  redis.call('DEL', KEYS[1])
  r = {}
  state = false
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local attempt, failures = tonumber(r[4] or 0), tonumber(r[5] or 0)
local counted, began = tonumber(r[6] or 0), tonumber(r[7] or now)
if state ~= 'run' then
  attempt = attempt + 1
elseif r[2] ~= token then
  local left = tonumber(r[3]) - now
  if left > 0 then return {'held', left} end
  attempt, failures, counted = attempt + 1, failures + 1, now
end
redis.call('HSET', KEYS[1], 's', 'run', 't', token, 'u', now + lease,
  'a', attempt, 'f', failures, 'c', counted, 'b', began)
redis.call('PEXPIRE', KEYS[1], lease + ttl)
return {'claimed', attempt, failures, counted, began}`),

  renewEvent: script(`
local token, lease = ARGV[1], tonumber(ARGV[2])
local r = redis.call('HMGET', KEYS[1], 's', 't')
if r[1] ~= 'run' or r[2] ~= token then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'u', now + lease)
if redis.call('PTTL', KEYS[1]) < lease then
  redis.call('PEXPIRE', KEYS[1], lease)
end
return 1`),

  completeEvent: script(`
local token, ending, ttl = ARGV[1], ARGV[2], ARGV[3]
local r = redis.call('HMGET', KEYS[1], 's', 't')
if r[1] == 'run' and r[2] ~= token then return 0 end
if r[1] == 'done' or r[1] == 'dead_letter' then
  return r[1] == ending and 1 or 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 's', ending)
redis.call('PEXPIRE', KEYS[1], ttl)
return 1`),

  releaseEvent: script(`
local token, failures, counted, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local r = redis.call('HMGET', KEYS[1], 's', 't')
if r[1] == 'done' or r[1] == 'dead_letter' then return 0 end
if r[1] ~= 'run' then return 1 end
if r[2] ~= token then return 0 end
redis.call('HDEL', KEYS[1], 't', 'u')
redis.call('HSET', KEYS[1], 's', 'failed', 'f', failures, 'c', counted)
redis.call('PEXPIRE', KEYS[1], ttl)
return 1`),
} as const satisfies Readonly<Record<string, Script>>;
