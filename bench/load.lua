-- wrk's side: sends the requests of a file, one after the other, and prints what came of it as one line of JSON.
-- The file (REQUESTS) holds, for each: its length in ten digits, then its bytes.
local requests, at, threads = {}, 0, 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init()
    local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
    for length in function() return file:read(10) end do
        requests[#requests + 1] = file:read(tonumber(length))
    end
    file:close()
    at = number * 7919 % #requests -- the threads are not in step
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format('\n{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
