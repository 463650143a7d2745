/* SPDX-License-Identifier: Apache-2.0 */
#include "process/demo.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/problems.h"
#include "process/demo_backends.h"
#include "process/supervisor.h"

/* One worker, so that its rounds are seen as they are. */
static const char demo_yaml[] = "workers: 1\n"
                                "log: {level: warn}\n"
                                "access_log: {path: stdout, format: common}\n"
                                "admin: {listen: 127.0.0.1:9900}\n"
                                "listeners:\n"
                                "  - {name: web, listen: 127.0.0.1:8080}\n"
                                "routes:\n"
                                "  - {name: all, upstream: demo}\n"
                                "  - name: hello\n"
                                "    match: {path_exact: /hello}\n"
                                "    respond: {status: 200, body: \"weir answers this by itself\\n\"}\n"
                                "upstreams:\n"
                                "  demo:\n"
                                "    endpoints: [127.0.0.1:9001, 127.0.0.1:9002, 127.0.0.1:9003]\n";

static void say_what_to_try(void)
{
    puts("weir " WEIR_VERSION
         " balances http://127.0.0.1:8080 over three backends in this process. In another terminal:\n"
         "\n"
         "  curl http://127.0.0.1:8080/                    each time another backend answers\n"
         "  curl -X POST http://127.0.0.1:9002/stop        take backend-2 down for 20 seconds\n"
         "  curl http://127.0.0.1:8080/                    and see that no request fails\n"
         "  curl -i http://127.0.0.1:8080/error            an error of a backend is passed on as it is\n"
         "  curl 'http://127.0.0.1:8080/slow?ms=2000'      a backend that takes its time\n"
         "  curl -o /dev/null http://127.0.0.1:8080/bytes/1000000   one that has much to say\n"
         "  curl http://127.0.0.1:8080/hello               a route that weir answers by itself\n"
         "  curl http://127.0.0.1:9900/api/v1/upstreams    what weir knows of its backends\n"
         "  curl http://127.0.0.1:9900/metrics             and what it counted\n"
         "\n"
         "Ctrl-C ends it. Requests appear below.\n");
    fflush(stdout);
}

int demo_run(void)
{
    struct problems problems;
    setvbuf(stdout, NULL, _IOLBF, 0);
    problems_init(&problems);
    struct config *config = config_load_text("weir demo", TEXT(demo_yaml), &problems);
    problems_print(&problems, stderr);
    problems_clear(&problems);
    if (config == NULL)
        return 1;
    if (!demo_backends_start()) {
        fputs("weir demo: the backends cannot start; ports 8080, 9001 to 9003 and 9900 must be free\n",
              stderr);
        _exit(1); /* what was opened ends with the process */
    }
    int code = supervise(config, NULL, NULL, say_what_to_try);
    if (code == 0)
        demo_backends_stop();
    return code;
}
