# SPDX-License-Identifier: Apache-2.0
"""Real servers."""
import os
import random
import shutil
import signal
import subprocess

import pytest
from support import RawClient, free_port, wait_until

DATA = random.Random(7).randbytes(3 << 20)


@pytest.fixture
def nginx(tmp_path):
    """An nginx of our own: its folder is its prefix and its document root."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    assert os.access(program, os.X_OK), "nginx is not installed"
    port = free_port()
    (tmp_path / "www").mkdir()
    os.chmod(tmp_path, 0o755)
    (tmp_path / "www/small.txt").write_text("small\n")
    (tmp_path / "www/big.bin").write_bytes(DATA)
    (tmp_path / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {tmp_path}/pid; error_log {tmp_path}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log {tmp_path}/access.log; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/p;
  fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
  client_max_body_size 100m;
  server {{
    listen 127.0.0.1:{port}; root {tmp_path}/www;
    location /kept/ {{ alias {tmp_path}/www/; expires 1m; gzip on; gzip_types text/plain; gzip_min_length 1; gzip_vary on; gzip_proxied any; }}
    location = /where {{ return 200 "$host $request_uri $http_x_forwarded_for"; }}
    location /redirect {{ return 302 http://$http_host/small.txt; }}
  }}
}}
""")
    process = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        def listens():
            assert process.poll() is None, (tmp_path / "error.log").read_text()
            try:
                RawClient(port).close()
                return True
            except OSError:
                return False
        wait_until(listens, "nginx listens")
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
