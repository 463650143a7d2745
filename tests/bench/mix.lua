-- SPDX-License-Identifier: Apache-2.0
-- wrk asks for /kept/0 to /kept/99999 in an order that looks like chance, and each tenth time for what nobody has asked
-- for before. Usage: wrk ... -s mix.lua URL -- A NUMBER OF ITS OWN
local kept, run, turn = {}, 0, 0

function init(args)
    run = args[1]
    for at = 0, 99999 do
        kept[at] = wrk.format("GET", "/kept/" .. at)
    end
end

function request()
    turn = turn + 1
    if turn % 10 == 0 then
        return wrk.format("GET", "/kept/new/" .. run .. "/" .. turn)
    end
    return kept[math.random(0, 99999)]
end
