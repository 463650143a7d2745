-- SPDX-License-Identifier: Apache-2.0
-- wrk asks for each of the lines "HOST PATH" of a file in turn. Usage: wrk ... -s routes.lua URL -- FILE
local requests, turn = {}, 0

function init(args)
    for line in io.lines(args[1]) do
        local host, path = line:match("^(%S+) (%S+)$")
        requests[#requests + 1] = wrk.format("GET", path, {Host = host})
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end
