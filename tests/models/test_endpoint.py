"""Servers' URLs, consent and keys; waits before another try: pure."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import UNSET

from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.models.endpoint import is_allowed, key_of, parse, place_of
from fada_tui.models.registry import load_registry, resolve_model
from fada_tui.runs.consent import Consent, hosts_wanted
from fada_tui.runs.planning import jobs
from fada_tui.worker.remote.retry import Backoff, retry_after

LOCAL = "http://127.0.0.1:8000/v1#Qwen/Qwen2-VL-2B"


@pytest.mark.parametrize(
    ("source", "base", "name", "place"),
    [
        (LOCAL, "http://127.0.0.1:8000/v1", "Qwen2-VL-2B@127.0.0.1:8000", "127.0.0.1:8000"),
        ("HTTPS://API.example.org/v1/#a:7b", "https://api.example.org/v1", "a:7b@api.example.org",
         "api.example.org"),
        ("https://h:443/v1#x#y", "https://h/v1", "x#y@h", "h"),
        ("http://localhost", "http://localhost/v1", "localhost", "localhost"),
        ("http://localhost/?#m", "http://localhost/v1", "m@localhost", "localhost"),
        ("http://h/v1/chat/completions#m", "http://h/v1", "m@h", "h"),
        ("http://h/chat/completions/#m", "http://h/v1", "m@h", "h"),
        ("http://h/way/v1/models#m", "http://h/way/v1", "m@h", "h"),
        ("https://x.services.ai.azure.com/models/chat/completions#m",
         "https://x.services.ai.azure.com/models", "m@x.services.ai.azure.com", "x.services.ai.azure.com"),
        ("http://[::1]:99/a/b#m", "http://[::1]:99/a/b", "m@[::1]:99", "[::1]:99"),
    ],
)  # fmt: skip
def test_a_source_is_read(source: str, base: str, name: str, place: str) -> None:
    endpoint = parse(source)
    assert (endpoint.base, endpoint.name, endpoint.place) == (base, name, place)
    assert parse(endpoint.source) == endpoint
    assert place_of(source) == place


@pytest.mark.parametrize(
    "source",
    [
        "http://",
        "http://:80/v1",
        "http://a b/v1",
        "http://a:99999/v1",
        "http://a\\b/v1",
        "http://a%2eb/v1",
        "http://a/v1#\x1b[2J",
        "http://a/v1# m",
        "http://a\n/v1#m",
        "http://bücher.example/v1",
        "http://[::g]/v1",
        "http://a.example/v1?key=SECRET",
        "http://a.example/v1?a=1&api_key=SECRET#m",
        "http://a.example/v1?a=1&Subscription-Key=SECRET#m",
        "http://a.example/v1?accessToken=SECRET",
        "http://a.example/v1?%73ig=SECRET",
        "http://a.example/v1?code=SECRET",
        "http://a.example/v1?SEC RET#m",
        "http://me:SECRET@127.0.0.1/v1#m",
        "http://SECRET@a/v1",
        "http://127.0.0.1\\@a.example/SECRET",
        "http://me:SEC/RET@a.example/v1",
    ],
)
def test_what_is_no_source_is_refused_without_saying_a_password(source: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(source)
    said = str(caught.value)
    assert "SECRET" not in said and "SEC/RET" not in said
    assert place_of(source) is None


def test_a_query_is_kept_and_goes_with_each_request() -> None:
    azure = parse("https://H.example/openai/deployments/d/chat/completions?api-version=2024-10-21&x=%2Fa#m")
    assert azure.source == "https://h.example/openai/deployments/d?api-version=2024-10-21&x=%2Fa#m"
    assert azure.base == "https://h.example/openai/deployments/d"
    assert azure.url("/models") == f"{azure.base}/models?api-version=2024-10-21&x=%2Fa"
    assert parse(azure.source) == azure and azure.name == "m@h.example"
    assert is_allowed(azure, ("h.example",)) and not is_allowed(azure, ("h.example?api-version=2024-10-21",))


def test_a_query_that_holds_a_key_is_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match=r"api_key may be a key.*FADA_TUI_API_KEY"):
        parse("https://h.example/v1?api_key=SECRET#m")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("127.0.0.1.example", False),
        ("127.1", False),
        ("0x7f000001", False),
        ("2130706433", False),
        ("[::ffff:127.0.0.1]", False),
        ("localhost.example", False),
        ("10.0.0.1", False),
    ],
)
def test_only_this_machine_needs_no_consent(host: str, here: bool) -> None:
    endpoint = parse(f"https://{host}:8443/v1#m")
    assert is_allowed(endpoint, ()) is endpoint.here is here
    assert is_allowed(endpoint, (host,)) and is_allowed(endpoint, ("other", f"{host}:8443".upper()))
    assert is_allowed(endpoint, ("other", f"{host}:1", f"x{host}", "*", "")) is here


def test_which_key_goes_where() -> None:
    openai, other = parse("https://api.openai.com/v1#m"), parse("https://example.org/v1#m")
    both = {"FADA_TUI_API_KEY": "ours", "OPENAI_API_KEY": "theirs", "MINE": " mine\n"}
    assert key_of(openai, None, both) == "theirs"
    assert key_of(openai, None, {"FADA_TUI_API_KEY": "ours"}) == "ours"
    assert key_of(other, None, both) == "ours"
    assert key_of(other, None, {"OPENAI_API_KEY": "theirs", "FADA_TUI_API_KEY": ""}) is None
    assert key_of(openai, "MINE", both) == "mine"
    with pytest.raises(UsageError, match="NONE, which is not set"):
        key_of(openai, "NONE", both)
    with pytest.raises(UsageError, match=r"not sent to example\.org over plain http") as caught:
        key_of(parse("http://example.org/v1#m"), None, both)
    assert "ours" not in str(caught.value)
    assert key_of(parse(LOCAL), None, both) == "ours"
    for bad in ("sk-ä", "a b", "a\nHost: x"):
        with pytest.raises(UsageError, match="no key has") as caught:
            key_of(other, None, {"FADA_TUI_API_KEY": bad})
        assert bad not in str(caught.value)


def test_an_entry_of_the_list(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        '[[model]]\nname = "qwen"\nsource = "http://LOCALHOST:8000/v1/#q"\napi_key_env = "MY_KEY"\n'
    )
    registry = load_registry(file)
    entry = resolve_model("Qwen", registry)
    assert (entry.source, entry.adapter) == ("http://localhost:8000/v1#q", "server")
    assert resolve_model("http://localhost:8000/v1#q", registry) == entry
    unlisted = resolve_model(LOCAL, registry)
    assert (unlisted.name, unlisted.adapter) == ("Qwen2-VL-2B@127.0.0.1:8000", "server")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('api_key_env = "sk-SECRET"', "api_key_env"),
        ('api_key_env = "hf_xSECRET"', "api_key_env"),
        ('adapter = "chat"', "a server's is 'server'"),
    ],
)
def test_an_entry_that_cannot_be_used(tmp_path: Path, more: str, said: str) -> None:
    file = tmp_path / "models.toml"
    file.write_text(f'[[model]]\nname = "x"\nsource = "http://localhost/v1#q"\n{more}\n')
    registry = load_registry(file)
    assert registry.find("x") is None
    (warning,) = registry.warnings
    assert said in warning and "SECRET" not in warning


def test_a_run_is_planned_only_where_the_images_may_go(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = load_registry(tmp_path / "none.toml")
    sources = ("https://one.example/v1#m", LOCAL, "https://two.example:444/v1#m", "https://one.example/v1#n")
    settings = Settings(model=sources, images=str(images), concurrency=7)
    with pytest.raises(UsageError, match=r"patients' names: .* --allow-host one\.example"):
        jobs(settings, registry, None)
    entries = [resolve_model(source, registry) for source in sources]
    wanted = hosts_wanted(entries, Consent(hosts=("two.example:444",)))
    assert [(want.kind, want.source) for want in wanted] == [("host", "https://one.example/v1#m")]
    allowed = Settings(
        model=(*sources, "fada-demo"),
        images=str(images),
        concurrency=7,
        allow_host=("one.example", "two.example"),
    )
    made, _ = jobs(allowed, registry, None)
    assert [job.generation.concurrency for job in made[:4]] == [7] * 4
    assert made[4].generation.concurrency is UNSET
    monkeypatch.setenv("FADA_TUI_API_KEY", "k")
    plain = Settings(model=("http://one.example/v1#m",), images=str(images), allow_host=("one.example",))
    with pytest.raises(UsageError, match="plain http"):
        jobs(plain, registry, None)


def test_waits_double_within_bounds_and_heed_the_server() -> None:
    backoff = Backoff(tries=5, first=1.0, longest=3.0, whole=100.0)
    assert [backoff.wait(tried, 0, None, 1.0) for tried in (1, 2, 3, 4, 5)] == [1, 2, 3, 3, None]
    assert [backoff.wait(tried, 0, None, 0.0) for tried in (1, 2, 3)] == [0.5, 1, 1.5]
    assert backoff.wait(1, 0, 40.0, 0.5) == 40
    assert backoff.wait(1, 70, 40.0, 0.5) is None
    assert backoff.wait(1, 0, 1e9, 0.5) is None


def test_a_wait_is_asked_for_in_seconds_or_as_a_date() -> None:
    now = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
    assert retry_after("7", now) == 7
    assert retry_after("Tue, 24 Nov 2026 12:01:30 GMT", now) == 90
    assert retry_after("Tue, 24 Nov 2020 12:01:30 GMT", now) == 0
    for nothing in (None, "", "soon", "-3", "1e3"):
        assert retry_after(nothing, now) is None
