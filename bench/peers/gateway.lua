-- The gateway's job in nginx + Lua + Redis, written to be quick: the list is priced, rendered and
-- compressed once and stays in the worker's memory; an order is in Redis before the panel is asked
-- (one pipeline) and its panel's number after it; a status is one MGET, one question, one MSET.
local cjson = require "cjson.safe"
local redis = require "nginx.redis"
local ffi = require "ffi"

local M = {}
local FIRST, MARKUP, PANEL_KEY = 10000, 1.2, "lua"
local client_key, redis_port
local services, plain, packed

ffi.cdef [[
  typedef struct { const unsigned char *in; unsigned in_left; unsigned long in_total;
                   unsigned char *out; unsigned out_left; unsigned long out_total; const char *words;
                   void *state, *alloc, *free, *opaque; int kind; unsigned long sum, reserved; } packer;
  int deflateInit2_(packer *, int level, int method, int window, int memory, int strategy, const char *version, int size);
  int deflate(packer *, int flush);
  int deflateEnd(packer *);
]]

local function pack(text)
  local z, p = ffi.load("z"), ffi.new("packer")
  local room = #text + 1024
  local out = ffi.new("unsigned char[?]", room)
  assert(z.deflateInit2_(p, 9, 8, 15 + 16, 8, 0, "1", ffi.sizeof(p)) == 0)
  p["in"], p.in_left, p.out, p.out_left = ffi.cast("const unsigned char *", text), #text, out, room
  assert(z.deflate(p, 4) == 1)
  local result = ffi.string(out, p.out_total)
  z.deflateEnd(p)
  return result
end

function M.setup(key, port) client_key, redis_port = key, port end

local function books()
  local r = redis:new()
  r:set_timeout(5000)
  assert(r:connect("127.0.0.1", redis_port))
  return r
end

local function close(r) r:set_keepalive(60000, 512) end

local function ask(form)
  local reply = ngx.location.capture("/panel", { method = ngx.HTTP_POST, body = "key=" .. PANEL_KEY .. "&" .. form })
  return reply.status == 200 and reply.body or nil
end

local function say(text)
  ngx.header["Content-Length"] = #text
  ngx.print(text)
end

local function refuse(words) say('{"error":"' .. words .. '"}') end

local function load_services()
  local rows, by_id = cjson.decode(ask("action=services")), {}
  for _, row in ipairs(rows) do
    local rate = tonumber(row.rate) * MARKUP
    by_id[row.service + FIRST] = { theirs = row.service, rate = rate, min = tonumber(row.min), max = tonumber(row.max) }
    row.service, row.rate = row.service + FIRST, string.format("%.4f", rate)
  end
  plain = cjson.encode(rows)
  packed = pack(plain)
  local r = books()
  ngx.shared.memory:set("order", tonumber(r:get("last_order")) or 0)
  close(r)
  services = by_id
end

local actions = {}

function actions.services()
  local accepted = ngx.var.http_accept_encoding
  if accepted and accepted:find("gzip", 1, true) then
    ngx.header["Content-Encoding"] = "gzip"
    return say(packed)
  end
  say(plain)
end

function actions.balance()
  local r = books()
  local balance = r:get("balance")
  close(r)
  say(string.format('{"balance":"%.5f","currency":"USD"}', tonumber(balance) or 0))
end

function actions.add(form)
  local service, quantity = services[tonumber(form.service)], tonumber(form.quantity)
  if not service then return refuse("Incorrect service ID") end
  if not form.link or not quantity or quantity < service.min or quantity > service.max then return refuse("Incorrect quantity") end
  local order, charge = ngx.shared.memory:incr("order", 1), service.rate * quantity / 1000
  local r = books()
  r:init_pipeline(3)
  r:set("last_order", order)
  r:hmset("order:" .. order, "service", form.service, "link", form.link, "quantity", quantity, "charge", charge, "state", "sending")
  r:incrbyfloat("balance", -charge)
  r:commit_pipeline()
  local reply = cjson.decode(ask("action=add&service=" .. service.theirs .. "&link=" .. ngx.escape_uri(form.link) ..
    "&quantity=" .. quantity) or "")
  if reply and reply.order then r:set("at:" .. order, reply.order) end
  close(r)
  if not reply or not reply.order then return refuse("Service is temporarily unavailable") end
  say('{"order":' .. order .. "}")
end

local function known(kept, fresh_s)
  if kept == ngx.null or not kept then return nil end
  local at, text = kept:match("^(%d+) (.*)$")
  return ngx.time() - tonumber(at) < fresh_s and text or nil
end

-- Fills `texts` for what the panel is asked about; keeps the answers.
local function ask_status(r, orders, theirs, texts, is_many)
  local list, back = {}, {}
  for i, id in pairs(theirs) do
    list[#list + 1] = id
    back[id] = i
  end
  if #list == 0 then return end
  local reply = cjson.decode(ask("action=status&" .. (is_many and "orders=" or "order=") .. table.concat(list, ",")) or "")
  if not reply then return end
  if not is_many then reply = { [list[1]] = reply } end
  local kept = {}
  for id, status in pairs(reply) do
    local i = back[id]
    if i and status.charge then
      status.charge = string.format("%.5f", tonumber(status.charge) * MARKUP)
      texts[i] = cjson.encode(status)
      kept[#kept + 1] = "status:" .. orders[i]
      kept[#kept + 1] = ngx.time() .. " " .. texts[i]
    end
  end
  if #kept > 0 then r:mset(unpack(kept)) end
end

function actions.status(form)
  local orders, keys, fresh_s = {}, {}, tonumber(ngx.var.fresh_s)
  for id in (form.orders or form.order or ""):gmatch("%d+") do
    orders[#orders + 1] = id
    keys[#keys + 1] = "at:" .. id
    if #orders == 100 then break end
  end
  if #orders == 0 then return refuse("Incorrect order ID") end
  if fresh_s > 0 then
    for i = 1, #orders do keys[#orders + i] = "status:" .. orders[i] end
  end
  local r = books()
  local found, theirs, texts = r:mget(unpack(keys)), {}, {}
  for i = 1, #orders do
    if found[i] ~= ngx.null then
      texts[i] = fresh_s > 0 and known(found[#orders + i], fresh_s) or nil
      if not texts[i] then theirs[i] = found[i] end
    end
  end
  ask_status(r, orders, theirs, texts, form.orders ~= nil)
  close(r)
  if not form.orders then return say(texts[1] or '{"error":"Incorrect order ID"}') end
  for i, id in ipairs(orders) do
    texts[i] = '"' .. id .. '":' .. (texts[i] or '{"error":"Incorrect order ID"}')
  end
  say("{" .. table.concat(texts, ",") .. "}")
end

function M.answer()
  ngx.req.read_body()
  local form = ngx.req.get_post_args()
  if form.key ~= client_key then return refuse("Invalid API key") end
  if not services then load_services() end
  local action = actions[form.action]
  if not action then return refuse("Incorrect request") end
  action(form)
end

return M
