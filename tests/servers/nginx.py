"""nginx before a server: one process in the foreground, whose every file lies in a folder of the test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.server_process import ServerProcess, listens

_CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  {http}
  server {{
    listen 127.0.0.1:{port}{ssl};
    {server}
    location / {{
      proxy_pass http://127.0.0.1:{behind};
    }}
  }}
}}
"""


def program() -> str:
    """Where nginx is, or the test is skipped; `/usr/sbin` is on few users' path."""
    found = shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"]))
    if found is None:
        pytest.skip("nginx is not installed")
    return found


@contextmanager
def nginx(
    folder: Path, behind: int, server: str = "", *, http: str = "", ssl: bool = False
) -> Iterator[ServerProcess]:
    """nginx on a port of its own while in the block.

    Args:
        folder: where its files lie.
        behind: the port of the server that it passes requests on to.
        server: directives for this server.
        http: directives above it.
        ssl: whether it speaks TLS; `server` names the certificate.
    """
    nginx = program()

    def command(port: int) -> list[str | Path]:
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder, port=port, behind=behind, server=server, http=http, ssl=" ssl" if ssl else ""
            )
        )
        return [nginx, "-e", "stderr", "-p", folder, "-c", configuration]

    made = ServerProcess(name="nginx", command=command, ready=listens, folder=folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()
