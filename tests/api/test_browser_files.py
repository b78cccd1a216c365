"""What browsers load: the right bytes in the right coding, cached with strong tags, open to every origin."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import httpx
import pytest

from shopwarden.api import browser_files
from shopwarden.api.browser_files import accepts_gzip, has_it
from shopwarden.settings import Settings
from shopwarden.store.database import Database
from shopwarden.web import build_app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("t.js", "fp.js"):
        (tmp_path / name).write_text(f"// {name} " + "x" * 500)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    monkeypatch.setattr(browser_files, "FOLDER", tmp_path)
    return tmp_path


async def test_a_browser_gets_the_script_gzipped_and_later_only_a_304(stranger: httpx.AsyncClient, folder: Path) -> None:
    first = await stranger.get("/t.js", headers={"Accept-Encoding": "gzip, br"})
    assert first.content == (folder / "t.js").read_bytes()
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age=3600, stale-while-revalidate=86400" in first.headers["cache-control"]
    again = await stranger.get("/t.js", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_the_plain_form_has_a_tag_of_its_own(stranger: httpx.AsyncClient, folder: Path) -> None:
    packed = await stranger.get("/t.js", headers={"Accept-Encoding": "gzip"})
    plain = await stranger.get("/t.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    head = await stranger.head("/t.js", headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", plain.headers["etag"])


async def test_a_new_build_is_served_at_once(stranger: httpx.AsyncClient, folder: Path) -> None:
    first = await stranger.get("/t.js")
    shutil.copy(folder / "fp.js", folder / "t.js")
    shutil.copy(folder / "fp.js.gz", folder / "t.js.gz")
    second = await stranger.get("/t.js", headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.text.startswith("// fp.js")


async def test_what_has_not_been_built_says_how(stranger: httpx.AsyncClient, folder: Path) -> None:
    answer = await stranger.get("/live.js")
    assert answer.status_code == 404
    assert "make browser" in answer.json()["detail"]


async def test_one_answer_names_one_origin_where_the_api_has_rules_of_its_own(database: Database, folder: Path) -> None:
    app = build_app(Settings(cors_origins="https://admin.example"), database)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with app.running(), httpx.AsyncClient(transport=transport, base_url="http://shopwarden.test") as client:
        for origin in ("https://admin.example", "https://shop.example"):
            answer = await client.get("/t.js", headers={"Origin": origin})
            assert answer.headers.get_list("access-control-allow-origin") in (["*"], [origin])


@pytest.mark.parametrize(
    ("header", "taken"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("", False), ("identity", False), ("gzip;q=0.0", False)],
)
def test_gzip_only_where_it_is_taken(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken


def test_tags_are_compared_one_by_one() -> None:
    assert has_it('"a", W/"b"', '"b"')
    assert has_it("*", '"b"')
    assert not has_it('"a"', '"b"')
    assert not has_it("", '"b"')
