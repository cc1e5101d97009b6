-- Publishes messages to the Ferry servers of one prefix, and first writes down those for rooms that keep a history: both
-- or nothing, so the order of a room's stream is the order in which every server delivers.
--
-- KEYS[1]  the prefix
-- ARGV[1]  the list that the servers answer to, or ''
-- ARGV[2]  who publishes, or ''; then ARGV[3] numbers what it publishes, and what was published before is left out
-- ARGV[4]… messages, JSON objects as POST /publish takes them
--
-- Returns how many servers listen, and how many messages need one. With no server, and a message that needs one, nothing
-- was done.

local MAX_BYTES, MAX_ROOMS, MAX_NAME = 64 * 1024 * 1024, 1000, 255
-- What an entry costs beside its message.
local ENTRY_BYTES = 128

local prefix, reply, source, turn = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local channel, state = prefix .. ':events', prefix .. ':state'

local function refuse(number, problem)
  return redis.error_reply('FERRY message ' .. number .. ' ' .. problem)
end

local function is_name(value)
  return type(value) == 'string' and #value >= 1 and #value <= MAX_NAME
end

local rules = {}
local configured, most, longest = unpack(redis.call('HMGET', state, 'rules', 'max_messages', 'max_body_bytes'))
if configured then rules = cjson.decode(configured) end
if most and #ARGV - 3 > tonumber(most) then
  return redis.error_reply('FERRY too large: a batch must have at most ' .. most .. ' messages')
end

-- '*' stands for any characters.
local function matches(pattern, name)
  local at, first = 1, true
  local rest = pattern
  while true do
    local star = string.find(rest, '*', 1, true)
    if not star then
      if first then return rest == name end
      return #name - at + 1 >= #rest and string.sub(name, #name - #rest + 1) == rest
    end
    local part = string.sub(rest, 1, star - 1)
    if first then
      if string.sub(name, 1, #part) ~= part then return false end
      at, first = #part + 1, false
    else
      local from, to = string.find(name, part, at, true)
      if not from then return false end
      at = to + 1
    end
    rest = string.sub(rest, star + 1)
  end
end

local function rule_of(room)
  for _, rule in ipairs(rules) do
    if matches(rule.pattern, room) then return rule end
  end
end

local messages, needed, bytes, length = {}, 0, 0, 0
for at = 4, #ARGV do
  local number = at - 4
  length = length + #ARGV[at] + 1
  local ok, message = pcall(cjson.decode, ARGV[at])
  if not ok or type(message) ~= 'table' or not is_name(message.event) then
    return refuse(number, 'is no event')
  end
  local rooms = message.rooms
  if type(rooms) == 'string' then rooms = { rooms } end
  local kept, all = {}, true
  if type(rooms) == 'table' then
    if #rooms < 1 or #rooms > MAX_ROOMS then return refuse(number, 'must name 1 to 1000 rooms') end
    local seen = {}
    for _, room in ipairs(rooms) do
      if not is_name(room) then return refuse(number, 'has a room without a name of 1 to 255 bytes') end
      local rule = rule_of(room)
      if not rule then
        all = false
      elseif not seen[room] then
        seen[room] = true
        kept[#kept + 1] = { room = room, rule = rule }
      end
    end
    bytes = bytes + #ARGV[at] * #rooms
  elseif is_name(message.user) then
    all = false
    bytes = bytes + #ARGV[at]
  else
    return refuse(number, 'has neither rooms nor a user')
  end
  if not all then needed = needed + 1 end
  messages[#messages + 1] = kept
end
if longest and length > tonumber(longest) then
  return redis.error_reply('FERRY too large: messages must have at most ' .. longest .. ' bytes together')
end
if bytes > MAX_BYTES then return redis.error_reply('FERRY too large: counted once per room, messages must have at most 64 MiB') end

local servers = tonumber(redis.call('PUBSUB', 'NUMSUB', channel)[2])
if servers == 0 and needed > 0 then return { servers, needed } end

if source ~= '' then
  local key = prefix .. ':source:' .. source
  if tonumber(redis.call('GET', key) or 0) >= turn then return { servers, needed } end
  redis.call('SET', key, turn, 'EX', 3600)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last_ms, last_seq = string.match(redis.call('HGET', state, 'last') or '0-0', '^(%d+)-(%d+)$')
last_ms, last_seq = tonumber(last_ms), tonumber(last_seq)

-- One rising sequence for all rooms, whatever the clock does.
local function next_id()
  if now > last_ms then
    last_ms, last_seq = now, 0
  elseif last_seq < 1048575 then
    last_seq = last_seq + 1
  else
    last_ms, last_seq = last_ms + 1, 0
  end
  return string.format('%.0f-%.0f', last_ms, last_seq)
end

local function cut(key, total, limit)
  while true do
    local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 64)
    for _, entry in ipairs(oldest) do
      -- Of the entries after it.
      if total - tonumber(entry[2][6]) < limit then
        if entry ~= oldest[1] then redis.call('XTRIM', key, 'MINID', entry[1]) end
        return
      end
    end
    if #oldest < 64 then return end
    redis.call('XTRIM', key, 'MINID', oldest[#oldest][1])
  end
end

local function keep(room, rule, message)
  local key, id = prefix .. ':room:' .. room, next_id()
  local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  -- 'p' is the event before, so that who reads the stream sees what is missing in front; a room without a stream had none
  -- for as long as streams are kept. 'b' is the bytes of all events so far.
  local before, total = string.format('%.0f-0', math.max(0, last_ms - rule.expire * 1000)), 0
  if newest then before, total = newest[1], tonumber(newest[2][6]) end
  total = total + #message + ENTRY_BYTES
  if rule.messages > 0 then
    redis.call('XADD', key, 'MAXLEN', '~', rule.messages, id, 'm', message, 'p', before, 'b', total)
  else
    redis.call('XADD', key, id, 'm', message, 'p', before, 'b', total)
  end
  if rule.seconds > 0 then
    redis.call('XTRIM', key, 'MINID', '~', string.format('%.0f', math.max(0, now - rule.seconds * 1000)))
  end
  local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  if total - tonumber(first[2][6]) > rule.bytes then cut(key, total, rule.bytes) end
  redis.call('EXPIRE', key, rule.expire)
  return id
end

local ids = {}
for number, kept in ipairs(messages) do
  local of = {}
  for _, one in ipairs(kept) do of[one.room] = keep(one.room, one.rule, ARGV[number + 3]) end
  ids[number] = of
end
if last_ms > 0 then redis.call('HSET', state, 'last', string.format('%.0f-%.0f', last_ms, last_seq)) end

redis.call('PUBLISH', channel, string.format(
  '{"method":"POST","path":"/publish","reply":%s,"source":%s,"turn":%d,"ids":%s,"body":[%s]}',
  cjson.encode(reply), cjson.encode(source), turn, #ids > 0 and cjson.encode(ids) or '[]', table.concat(ARGV, ',', 4)))
return { servers, needed }
