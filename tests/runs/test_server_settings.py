"""Settings of servers applied to what a worker is told."""

import pytest
from msgspec import UNSET

from fada_tui.config.servers import ServerSettings
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.core.secrets import hide
from fada_tui.models.endpoint import parse
from fada_tui.runs.planning import generation
from fada_tui.runs.server_settings import headers_of, settings_of, with_settings

HOST = ServerSettings(extra={"of": "host"})
PORT = ServerSettings(extra={"of": "port"})


def with_headers(**headers: str) -> dict[str, ServerSettings]:
    return {"h.example": ServerSettings(headers=headers)}


@pytest.mark.parametrize("servers", [{"H.example": HOST, "h.example:8000": PORT},
                                     {"h.example:8000": PORT, "h.example": HOST}])  # fmt: skip
def test_the_most_exact_table_counts(servers: dict[str, ServerSettings]) -> None:
    assert settings_of(parse("https://h.example:8000/v1#m"), servers) is PORT
    assert settings_of(parse("https://h.example/v1#m"), servers) is HOST
    assert settings_of(parse("https://other.example/v1#m"), servers) == ServerSettings()
    assert settings_of(parse("https://[::1]:9/v1"), {"[::1]:9": PORT, "::1": HOST}) is PORT


def test_a_value_may_name_variables() -> None:
    server = parse("https://h.example/v1#m")
    servers = with_headers(Authorization="Bearer $MY_TOKEN", X_Price="$$5", X_Both="${A}-$B")
    environ = {"MY_TOKEN": "tok-123456789\n", "A": "a", "B": "b"}
    found = headers_of(server, servers, environ)
    assert found == {"Authorization": "Bearer tok-123456789", "X_Price": "$5", "X_Both": "a-b"}
    assert hide("it got tok-123456789") == "it got [key]"
    for environ, said in (
        ({}, "the variable MY_TOKEN is not set: export it, as servers."),
        ({"MY_TOKEN": "hush\nHost: x", "A": "", "B": ""}, "holds what no header can"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            headers_of(server, servers, environ)
        assert "hush" not in str(caught.value)
    with pytest.raises(UsageError, match=r"write \$\$ for a dollar"):
        headers_of(server, with_headers(A="5$ hush"), {})


def test_headers_do_not_cross_the_network_in_the_clear() -> None:
    servers = with_headers(A="hush") | {"127.0.0.1": ServerSettings(headers={"A": "hush"})}
    with pytest.raises(UsageError, match=r"not sent there over plain http") as caught:
        headers_of(parse("http://h.example/v1"), servers, {})
    assert "hush" not in str(caught.value)
    assert headers_of(parse("http://127.0.0.1:8000/v1"), servers, {}) == {"A": "hush"}


def test_what_a_worker_is_told() -> None:
    def load(source: str, key: str | None = None) -> Load:
        entry = ModelEntry(name="m", source=source, api_key_env=key)
        return Load(model=entry, device="auto", trust_remote_code=False, allow_pickle=False)

    servers = {"h.example": ServerSettings(headers={"A": "b"}, api_key_env="OURS", extra={"top_k": 1})}
    told = with_settings(load("https://h.example/v1#m"), servers, {})
    assert (told.headers, told.model.api_key_env) == ({"A": "b"}, "OURS")
    assert with_settings(load("https://h.example/v1#m", "MINE"), servers, {}).model.api_key_env == "MINE"
    assert with_settings(load("owner/name"), servers, {}) == load("owner/name")
    settings = Settings(servers=servers)
    assert generation(load("https://h.example/v1#m").model, settings).extra == {"top_k": 1}
    assert generation(load("https://other.example/v1#m").model, settings).extra is UNSET
    assert generation(load("owner/name").model, settings).extra is UNSET
