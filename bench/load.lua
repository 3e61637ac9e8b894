-- What wrk sends: wrk ... URL -- CASE KEY SERVICES ORDERS [check]
-- SERVICES and ORDERS are files with one number a line. Requests are made once, before the start,
-- and sent in turn, so that the load costs little. With `check` each answer is read: one that holds
-- an error, or is none of what was asked for, is counted and shown.
local ring, at = {}, 0

local function numbers(file)
  local list = {}
  for line in io.lines(file) do list[#list + 1] = line end
  return list
end

local function request_of(key, body, gzip)
  local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  if gzip then headers["Accept-Encoding"] = "gzip" end
  return wrk.format("POST", nil, headers, "key=" .. key .. "&action=" .. body)
end

local function add(services, i)
  return "add&service=" .. services[i * 11 % #services + 1] ..
    "&link=https%3A%2F%2Fnetwork.example%2Fp%2FB" .. i .. "%2F&quantity=" .. 100 + i % 800
end

local function status(orders, i) return "status&order=" .. orders[i % #orders + 1] end

local function status_many(orders, i)
  local ids = {}
  for k = 1, 100 do ids[k] = orders[(i * 17 + k) % #orders + 1] end
  return "status&orders=" .. table.concat(ids, ",")
end

-- 200,000 orders, none asked for again soon
local function status_finished(orders, i)
  return "status&orders=" .. table.concat(orders, ",", (i - 1) * 100 % #orders + 1, (i - 1) * 100 % #orders + 100)
end

local makers = {
  balance = { 1, function() return "balance" end },
  add = { 2000, function(s, o, i) return add(s, i) end },
  status = { 2000, function(s, o, i) return status(o, i) end },
  fresh = { 64, function(s, o, i) return status(o, i) end },
  finished = { 2000, function(s, o, i) return status_finished(o, i) end },
  many = { 200, function(s, o, i) return status_many(o, i) end },
  services = { 1, function() return "services" end },
  gzip = { 1, function() return "services" end },
  -- 70, 20 and 10 of each hundred, well mixed
  mix = { 2000, function(s, o, i)
    local draw = i * 37 % 100
    if draw < 70 then return status(o, i) end
    return draw < 90 and add(s, i) or "services"
  end },
}

function init(args)
  local case, key = args[1], args[2]
  local services, orders = numbers(args[3]), numbers(args[4])
  local count, make = unpack(makers[case == "unique" and "add" or case])
  for i = 1, count do ring[i] = request_of(key, make(services, orders, i), case == "gzip") end
  if case == "unique" then -- no link twice, for the panel to notice a doubled order
    function request()
      at = at + 1
      return request_of(key, "add&service=" .. services[1] .. "&quantity=100&link=https%3A%2F%2Fnetwork.example%2Funique-" .. at)
    end
  end
  if args[5] == "check" then
    wrong = 0 -- read by done
    function response(code, headers, body)
      if code == 200 and #body >= 10 and (case == "gzip" or not body:find('"error"', 1, true)) then return end
      wrong = wrong + 1
      if wrong <= 3 then io.stderr:write("wrong answer to ", case, ": ", code, " ", body:sub(1, 200), "\n") end
    end
  end
end

function request()
  at = at % #ring + 1
  return ring[at]
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local wrong = 0
  for _, thread in ipairs(threads) do wrong = wrong + (thread:get("wrong") or 0) end
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"errors":%d,"wrong":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout, wrong))
end
