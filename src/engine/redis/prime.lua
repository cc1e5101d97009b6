-- A server comes (back): it says what rooms keep, and learns where their histories stand.
--
-- KEYS[1]  the prefix
-- ARGV[1]  the rules of the histories, or '' to leave them as they are
-- ARGV[2]  the epoch that the server knows, ARGV[3] the last event that it has of it
-- ARGV[4]  a new epoch
-- ARGV[5]  most messages, ARGV[6] most bytes of what is published at once
--
-- Returns the epoch and the last event. The epoch is a new one when there was none, or when Redis has lost events that the
-- server has seen: then no offset given out so far says anything.

local state = KEYS[1] .. ':state'
local epoch, last = unpack(redis.call('HMGET', state, 'epoch', 'last'))
last = last or '0-0'

local function before(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  a_ms, a_seq, b_ms, b_seq = tonumber(a_ms), tonumber(a_seq), tonumber(b_ms), tonumber(b_seq)
  return a_ms < b_ms or (a_ms == b_ms and a_seq < b_seq)
end

if not epoch or (epoch == ARGV[2] and before(last, ARGV[3])) then
  epoch = ARGV[4]
  redis.call('HSET', state, 'epoch', epoch)
end
redis.call('HSET', state, 'max_messages', ARGV[5], 'max_body_bytes', ARGV[6])
if ARGV[1] ~= '' then redis.call('HSET', state, 'rules', ARGV[1]) end
return { epoch, last }
