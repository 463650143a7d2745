-- SPDX-License-Identifier: Apache-2.0
-- wrk asks for /kept/0 to /kept/99999 once each, and ends. Usage: wrk ... -s ask_all.lua URL
local asked, done = 0, 0

function request()
    asked = asked + 1
    return wrk.format("GET", "/kept/" .. (asked - 1) % 100000)
end

function response()
    done = done + 1
    if done == 100000 then
        wrk.thread:stop()
    end
end
