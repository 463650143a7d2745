# SPDX-License-Identifier: Apache-2.0
"""The proxies under measurement, and the origins: how each is configured and started."""
import subprocess
import urllib.request
from pathlib import Path

from process import Failure, Process, files_limit, find, free_port, wait_for_port

HERE = Path(__file__).resolve().parent
NAMES = ("nginx", "haproxy", "varnish", "nghttpx", "weir")

PROGRAMS = {"varnish": "varnishd"}  # where it has another name


def fill(template, **values):
    text = (HERE / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return text


def make_certificate(directory):
    """site.pem and site.key, ECDSA P-256, for bench.test; site.both has them in one file, for haproxy."""
    pair = [directory / "site.pem", directory / "site.key"]
    done = subprocess.run([find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                           "-nodes", "-days", "2", "-subj", "/CN=bench.test", "-addext",
                           "subjectAltName=DNS:bench.test,IP:127.0.0.1", "-out", pair[0], "-keyout", pair[1]],
                          capture_output=True, text=True, check=False, timeout=20)
    if done.returncode:
        raise Failure(f"openssl can't make a certificate:\n{done.stderr}")
    both = directory / "site.both"
    both.touch(0o600)
    both.write_text("".join(path.read_text() for path in pair))


def nginx_location(service):
    coding = {"gzip": "gzip on; gzip_comp_level 5; gzip_types text/plain; gzip_proxied any;",
              "br": "brotli on; brotli_comp_level 5; brotli_types text/plain;"}.get(service.coding, "")
    cache = "proxy_cache main; proxy_cache_valid 200 1h;" if service.cached else ""
    return f"{coding} {cache} " + ("grpc_pass grpc://origin;" if service.back == "http2" else "proxy_pass http://origin;")


def nginx_more(service, directory):
    """On tmpfs, with open files kept: the cheapest hits it has."""
    path = f"{directory}/nginx-cache"
    cache = f"proxy_cache_path {path} keys_zone=main:128m max_size=2g inactive=1h use_temp_path=off; " \
            "sendfile on; open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h;" if service.cached else ""
    module = Path("/usr/lib/nginx/modules")
    return {"more": cache, "modules": "".join(f"load_module {module}/{name};" for name in
                                              ("ngx_http_brotli_filter_module.so",) if service.coding == "br")}


def nginx_routes(service, port):
    location = nginx_location(service)
    socket_location = """location /echo {
            proxy_set_header Connection upgrade;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://origin;
        }"""
    speaks = {"http1": "", "h2c": " http2", "tls": " ssl http2"}[service.front]
    listen = f"listen 127.0.0.1:{port}{speaks} backlog=4096;"
    if service.by == "host":
        return "\n".join(f"    server {{ {listen if at == 0 else f'listen 127.0.0.1:{port};'} server_name {host}; "
                         f"location / {{ {location} }} }}" for at, (host, _) in enumerate(service.pairs))
    paths = [path for _, path in service.pairs] if service.by == "path" else ["/"]
    locations = "\n".join(f"        location {path} {{ {location} }}" for path in paths)
    return f"    server {{\n        {listen}\n        {socket_location}\n{locations}\n    }}"


def haproxy_more(service):
    words = []
    if service.cached:
        words += ["http-request cache-use main", "http-response cache-store main"]
    if service.coding:
        words += ["filter compression", f"compression algo {service.coding}", "compression type text/plain"]
    return "\n".join(f"    {word}" for word in words)


def haproxy_routes(service, directory):
    """Many routes are maps, which haproxy looks up in a tree."""
    if not service.by:
        return "    default_backend origin"
    column = 0 if service.by == "host" else 1
    names = directory / "haproxy.map"
    names.write_text("".join(f"{pair[column]} origin\n" for pair in service.pairs))
    lookup = f"req.hdr(host),lower,map_str({names})" if service.by == "host" else f"path,map_beg({names})"
    return f"    use_backend %[{lookup}]"


def weir_routes(service):
    cache = ", cache: {zone: main}" if service.cached else ""
    coding = f", compress: {{algorithms: [{service.coding}]}}" if service.coding else ""
    if not service.by:
        return f"  - {{listener: web, upstream: origin{cache}{coding}}}"
    column = 0 if service.by == "host" else 1
    return "\n".join(f"  - {{listener: web, match: {{{service.by}: {pair[column]}}}, upstream: origin}}"
                     for pair in service.pairs)


def write_nginx(bench, port, service):
    path = bench.dir / "nginx.conf"
    path.write_text(fill("nginx.conf", dir=bench.dir, files=files_limit(), origin=bench.ports[service.back],
                         routes=nginx_routes(service, port), **nginx_more(service, bench.fast)))
    return [find("nginx"), "-p", bench.dir, "-e", bench.dir / "nginx.error", "-c", path]


def write_haproxy(bench, port, service):
    tls = f"ssl crt {bench.dir / 'site.both'} alpn h2,http/1.1" if service.front == "tls" else ""
    path = bench.dir / "haproxy.cfg"
    path.write_text(fill("haproxy.cfg", port=port, front=tls, origin=bench.ports[service.back], bufsize=32768,
                         scheme="https" if tls else "http", back="proto h2" if service.back == "http2" else "",
                         routes=haproxy_routes(service, bench.dir), more=haproxy_more(service)))
    return [find("haproxy"), "-db", "-q", "-f", path]


def write_nghttpx(bench, port, service):
    """Knows only one route, which serves everything."""
    path = bench.dir / "nghttpx.conf"
    path.write_text(fill("nghttpx.conf", dir=bench.dir, files=files_limit(), port=port,
                         front="" if service.front == "tls" else ";no-tls", origin=bench.ports[service.back],
                         back=";;proto=h2" if service.back == "http2" else ""))
    return [find("nghttpx"), f"--conf={path}"]


def write_varnish(bench, port, service):
    """Knows neither TLS nor routes; everything is kept as long as the origin says."""
    path = bench.dir / "varnish.vcl"
    path.write_text(fill("varnish.vcl", origin=bench.ports[service.back]))
    return [find("varnishd"), "-F", "-j", "none", "-n", bench.dir / "varnish", "-a", f"127.0.0.1:{port}", "-f", path, "-s",
            "malloc,2g", "-p", "thread_pools=1", "-p", "thread_pool_min=100", "-p", "vsl_mask=-VCL_trace"]


def write_weir(bench, port, service):
    tls = f", tls: {{certificates: [{{cert: {bench.dir}/site.pem, key: {bench.dir}/site.key}}]}}"
    path = bench.dir / "weir.yaml"
    path.write_text(fill("weir.yaml", port=port, tls=tls if service.front == "tls" else "", back=service.back,
                         origin=bench.ports[service.back], routes=weir_routes(service)))
    return [bench.weir, "run", "-c", path]


def start_proxy(name, bench, service):
    """A proxy on a free port; bench has dir, cpus, the origins' ports and weir's path."""
    port = free_port()
    write = {"nginx": write_nginx, "haproxy": write_haproxy, "varnish": write_varnish, "nghttpx": write_nghttpx,
             "weir": write_weir}[name]
    process = Process(write(bench, port, service), bench.proxy_cpu, bench.dir / f"{name}.said")
    bench.running.append(process)
    wait_for_port(process, name, port)
    return process, port


def start_origin(bench, name):
    """The process, and the port that it listens on."""
    port = free_port()
    process = Process([bench.dir / name, port], bench.other_cpu, bench.dir / f"{name}.said")
    bench.running.append(process)
    wait_for_port(process, name, port)
    return process, port


def asked(bench, service):
    """Requests that the origin has had so far."""
    if service.back != "http1":
        return 0
    with urllib.request.urlopen(f"http://127.0.0.1:{bench.ports['http1']}/asked", timeout=10) as answer:
        return int(answer.read())


def version(name, binary):
    """The first line in which the program tells its version."""
    flag = {"weir": "version", "varnish": "-V"}.get(name, "-v")
    done = subprocess.run([binary, flag], capture_output=True, text=True, check=False, timeout=10)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].split(" - ")[0].replace("nginx version: ", "") if lines else f"{name}: no version"
