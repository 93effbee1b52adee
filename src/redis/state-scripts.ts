/**
 * The scripts of RedisState, each on one key, so that they run in a cluster.
 *
 * Those that write answer with a status and the time of Redis. One that Redis comes to after its deadline does nothing:
 * its caller has long been refused, and a refresh that takes effect unseen makes the client's next try look like theft.
 * A frozen Redis comes to all of them when it goes on, and a client sends again what it has no answer to.
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

/** Deadline, value, until when; and what is there now, where something is. */
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

/** Deadline. */
export const DELETE: Script = {
  name: 'securestStateDelete',
  keys: 1,
  lua: `${TIMED}
if redis.call('DEL', KEYS[1]) == 1 then return {'yes', now} end
return {'no', now}`,
};

/**
 * Deadline, how long to keep the set, the key of an entry; and 'new' where the entry is about to be made. Then the set
 * also has the key with the time, which no key looks like: where others see meanwhile that the entry does not exist,
 * they leave the key where it is. The answer is 'no' where the set had the key before.
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

/** Deadline, and the key with the time of an entry that has been made. */
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
 * Deadline, for how long an entry may be in the making, and the keys of entries that do not exist; of one that the set
 * had with a time when that was seen, the key with the time. Such an entry may have been made since, and the time is gone
 * then: its key goes only where the time is still there, and long ago.
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

/** Says whether Redis takes writes. */
export const PROBE: Script = {
  name: 'securestStateProbe',
  keys: 1,
  lua: `return redis.call('SET', KEYS[1], '1', 'PX', 10000)`,
};
