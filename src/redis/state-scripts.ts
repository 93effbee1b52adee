/**
 * The scripts of RedisState, each on one key, so that they run in a cluster.
 *
 * Scripts that write return a status and the time of Redis. A script that Redis starts after its deadline does nothing:
 * its caller has been refused already, and a refresh that takes effect unnoticed makes the client's next try look like
 * theft. A frozen Redis runs all pending scripts when it resumes, and a client resends commands without an answer.
 */
import type { Script } from './redis-script';

const TIMED = `
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
if tonumber(now) > tonumber(ARGV[1]) then return {'late', now} end`;

export const GET: Script = {
  name: 'securestStateGet',
  keys: 1,
  lua: `return redis.call('GET', KEYS[1])`,
};

/** Arguments: deadline, value, end; and the present value, if an entry is expected. */
export const SET: Script = {
  name: 'securestStateSet',
  keys: 1,
  lua: `${TIMED}
local present = redis.call('GET', KEYS[1])
if present ~= (ARGV[4] or false) then return {'no', now} end
if tonumber(ARGV[3]) > tonumber(now) then
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return {'yes', now}`,
};

/** Argument: deadline. */
export const DELETE: Script = {
  name: 'securestStateDelete',
  keys: 1,
  lua: `${TIMED}
if redis.call('DEL', KEYS[1]) == 1 then return {'yes', now} end
return {'no', now}`,
};

/**
 * Arguments: deadline, how long to keep the set, the key of an entry; and 'new' if the entry is about to be made. In
 * that case the set also gets a mark, the key with the time, which cannot be mistaken for a key: a process that finds
 * no entry meanwhile leaves the key in the set. Returns 'no' if the set had the key already.
 */
export const ADD_TO_OWNER: Script = {
  name: 'securestStateAddToOwner',
  keys: 1,
  lua: `${TIMED}
local added = redis.call('SADD', KEYS[1], ARGV[3])
if ARGV[4] == 'new' then redis.call('SADD', KEYS[1], ARGV[3] .. ' ' .. now) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {added == 1 and 'yes' or 'no', now}`,
};

/** Arguments: deadline, and the key with the time of an entry that has been made. */
export const MADE: Script = {
  name: 'securestStateMade',
  keys: 1,
  lua: `${TIMED}
redis.call('SREM', KEYS[1], ARGV[2])
return {'yes', now}`,
};

export const MEMBERS: Script = {
  name: 'securestStateMembers',
  keys: 1,
  lua: `return redis.call('SMEMBERS', KEYS[1])`,
};

/**
 * Arguments: deadline, how long an entry may be in the making, and the keys of entries that do not exist. If the set
 * had a mark for the entry when it was looked up, the argument is the key with the time. Such an entry may have been
 * made since, which removes the mark: its key is removed only if the mark still exists and is old.
 */
export const REMOVE_DEAD: Script = {
  name: 'securestStateRemoveDead',
  keys: 1,
  lua: `${TIMED}
local making, stale = {}, {}
for _, member in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local key, since = string.match(member, '^(%S+) (%d+)$')
  if key and tonumber(now) - tonumber(since) < tonumber(ARGV[2]) then
    making[key] = true
  elseif key then
    stale[member] = true
    redis.call('SREM', KEYS[1], member)
  end
end
for index = 3, #ARGV do
  local key = string.match(ARGV[index], '^%S+')
  if not making[key] and (key == ARGV[index] or stale[ARGV[index]]) then redis.call('SREM', KEYS[1], key) end
end
return {'yes', now}`,
};

/** Checks whether Redis accepts writes. */
export const PROBE: Script = {
  name: 'securestStateProbe',
  keys: 1,
  lua: `return redis.call('SET', KEYS[1], '1', 'PX', 10000)`,
};
