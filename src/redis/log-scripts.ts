/**
 * The scripts of RedisRevocationLog, on the stream and its epoch, which a cluster keeps on the same node.
 *
 * If either of them does not exist, the log begins anew: the epoch gets another name and the present time. From then on
 * the stream has an entry, so that a cursor always refers to an entry. Its newest entry is never older than an eighth
 * of the time that entries are kept, so the cursor of a reading process is not trimmed away, however idle the log is.
 */
import type { Script } from './redis-script';

/**
 * Arguments: the name for a new epoch, and how long entries are kept, in milliseconds. A log of a later version is left
 * unchanged.
 */
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

/** Further arguments: the entries. Returns the id of the last entry. */
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
 * Further arguments: the number of entries to read; with a cursor also the name of its epoch and the ids that must
 * exist, the first of which is the position of the cursor. Returns the epoch, whether entries are lost, and the
 * entries, from the start of the log if entries are lost.
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

/** Checks whether Redis accepts writes. Its key expires after ten seconds. */
export const LOG_PROBE: Script = {
  name: 'securestLogProbe',
  keys: 1,
  lua: `return redis.call('SET', KEYS[1], '1', 'PX', 10000)`,
};
