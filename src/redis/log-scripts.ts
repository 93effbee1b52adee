/**
 * The scripts of RedisRevocationLog, on the stream and its epoch, which a cluster keeps together.
 *
 * Where either of them does not exist, the log begins anew: the epoch gets another name, and its time. The stream has an
 * entry from then on, so that a cursor always stands for one. Its newest entry is never older than an eighth of the time
 * that entries are kept: so a process that reads has a cursor that is not trimmed away, however idle the log is.
 */
import type { Script } from './redis-script';

/** The name of a new epoch, and how long entries are kept, in milliseconds. A log of a later version is left alone. */
const BEGIN = `
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
local trimmed = string.format('%.0f', math.max(0, tonumber(now) - tonumber(ARGV[2])))
local epoch = redis.call('GET', KEYS[2])
if not epoch or redis.call('EXISTS', KEYS[1]) == 0 then
  epoch = '1 ' .. ARGV[1] .. ' ' .. now
  redis.call('XADD', KEYS[1], '*', 'm', '')
  redis.call('SET', KEYS[2], epoch)
elseif string.sub(epoch, 1, 2) ~= '1 ' then
  return 'not known'
end`;

/** Then the entries. Answers with the id of the last. */
export const APPEND: Script = {
  name: 'securestLogAppend',
  keys: 2,
  lua: `${BEGIN}
local id = false
for index = 3, #ARGV do
  id = redis.call('XADD', KEYS[1], 'MINID', '~', trimmed, '*', '1', ARGV[index])
end
return id`,
};

/**
 * Then how many entries to read; and with a cursor the name of its epoch and ids that must be there, of which the first
 * is where to go on. Answers with the epoch, whether something is lost, and the entries, from the start where it is.
 */
export const READ: Script = {
  name: 'securestLogRead',
  keys: 2,
  lua: `${BEGIN}
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local since = newest[1] and tonumber(string.match(newest[1][1], '^%d+')) or 0
if tonumber(now) - since > tonumber(ARGV[2]) / 8 then
  redis.pcall('XADD', KEYS[1], 'MINID', '~', trimmed, '*', 'm', '')
end
local start = '-'
local lost = 'no'
if ARGV[4] then
  if string.match(epoch, '^1 (%x+) ') ~= ARGV[4] then lost = 'yes' end
  for index = 5, #ARGV do
    if #redis.call('XRANGE', KEYS[1], ARGV[index], ARGV[index]) == 0 then lost = 'yes' end
  end
  if lost == 'no' then start = '(' .. ARGV[5] end
end
return {epoch, lost, redis.call('XRANGE', KEYS[1], start, '+', 'COUNT', ARGV[3])}`,
};

/** Says whether Redis takes writes; nothing of it stays. */
export const LOG_PROBE: Script = {
  name: 'securestLogProbe',
  keys: 1,
  lua: `return redis.call('SET', KEYS[1], '1', 'PX', 10000)`,
};
