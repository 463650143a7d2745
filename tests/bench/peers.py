# SPDX-License-Identifier: Apache-2.0
"""The proxies under measurement, and the origin: how each is configured and started."""
import http.client
import subprocess
from pathlib import Path

from process import Failure, Process, files_limit, find, free_port, wait_for_port

HERE = Path(__file__).resolve().parent
SIZES = {"/100k": 100 * 1024}  # of the origin's answers; all others have 1 KiB


def fill(template, **values):
    text = (HERE / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return text


def probe(name, port, host, path):
    """One request has to come back as the origin would answer it, before anything is measured."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        size = len(answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{name}: GET {path} for {host}: {error!r}") from None
    finally:
        connection.close()
    if (answer.status, size) != (200, SIZES.get(path, 1024)):
        raise Failure(f"{name}: GET {path} for {host}: status {answer.status}, {size} bytes")


def nginx_routes(routes, port):
    location = "proxy_pass http://origin;"
    socket_location = """location /echo {
            proxy_set_header Connection upgrade;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://origin;
        }"""
    listen = f"listen 127.0.0.1:{port} backlog=4096;"
    if routes.by == "host":
        return "\n".join(f"    server {{ {listen if at == 0 else f'listen 127.0.0.1:{port};'} server_name {host}; "
                         f"location / {{ {location} }} }}" for at, (host, _) in enumerate(routes.pairs))
    paths = [path for _, path in routes.pairs] if routes.by == "path" else ["/"]
    locations = "\n".join(f"        location {path} {{ {location} }}" for path in paths)
    return f"    server {{\n        {listen}\n        {socket_location}\n{locations}\n    }}"


def haproxy_routes(routes, directory):
    """Many routes are maps, which haproxy looks up in a tree."""
    if not routes.by:
        return "    default_backend origin"
    column = 0 if routes.by == "host" else 1
    names = directory / "haproxy.map"
    names.write_text("".join(f"{pair[column]} origin\n" for pair in routes.pairs))
    lookup = f"req.hdr(host),lower,map_str({names})" if routes.by == "host" else f"path,map_beg({names})"
    return f"    use_backend %[{lookup}]"


def weir_routes(routes):
    if not routes.by:
        return "  - {listener: web, upstream: origin}"
    column = 0 if routes.by == "host" else 1
    return "\n".join(f"  - {{listener: web, match: {{{routes.by}: {pair[column]}}}, upstream: origin}}"
                     for pair in routes.pairs)


def write_nginx(directory, port, origin, routes):
    path = directory / "nginx.conf"
    path.write_text(fill("nginx.conf", dir=directory, files=files_limit(), origin=origin,
                         routes=nginx_routes(routes, port)))
    return [find("nginx"), "-p", directory, "-e", directory / "nginx.error", "-c", path]


def write_haproxy(directory, port, origin, routes):
    path = directory / "haproxy.cfg"
    path.write_text(fill("haproxy.cfg", port=port, origin=origin, bufsize=32768,
                         routes=haproxy_routes(routes, directory)))
    return [find("haproxy"), "-db", "-q", "-f", path]


def write_weir(binary, directory, port, origin, routes):
    path = directory / "weir.yaml"
    path.write_text(fill("weir.yaml", port=port, origin=origin, routes=weir_routes(routes)))
    return [binary, "run", "-c", path]


def start_proxy(name, bench, routes):
    """A proxy that serves `routes` on a free port; bench has dir, cpus, origin's port and weir's path."""
    port = free_port()
    if name == "weir":
        command = write_weir(bench.weir, bench.dir, port, bench.origin_port, routes)
    else:
        write = {"nginx": write_nginx, "haproxy": write_haproxy}[name]
        command = write(bench.dir, port, bench.origin_port, routes)
    process = Process(command, bench.proxy_cpu, bench.dir / f"{name}.said")
    bench.running.append(process)
    wait_for_port(process, name, port)
    return process, port


def start_origin(bench):
    bench.origin_port = free_port()
    process = Process([bench.dir / "origin", bench.origin_port], bench.other_cpu, bench.dir / "origin.said")
    bench.running.append(process)
    wait_for_port(process, "origin", bench.origin_port)
    return process


def version(name, binary):
    """The first line in which the program tells its version."""
    flag = "version" if name == "weir" else "-v"
    done = subprocess.run([binary, flag], capture_output=True, text=True, check=False, timeout=10)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].split(" - ")[0].replace("nginx version: ", "") if lines else f"{name}: no version"
