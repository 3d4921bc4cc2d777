"""The pages as files: small, complete, and without what the security policy would refuse."""
import json
import pathlib
import re

import pytest

WEB = pathlib.Path(__file__).resolve().parents[2] / "web"
FILES = sorted(file for file in WEB.iterdir() if file.is_file())
SCRIPTS = [file for file in FILES if file.suffix == ".js"]
PAGE = (WEB / "index.html").read_text()


def name(file):
    return file.name


def test_all_files_together_are_small():
    assert sum(file.stat().st_size for file in FILES) < 100_000


@pytest.mark.parametrize("file", SCRIPTS, ids=name)
def test_a_file_says_what_it_owns(file):
    assert re.match(r"// Owns [^\n]+\.\n", file.read_text())


@pytest.mark.parametrize("file", SCRIPTS, ids=name)
def test_no_script_makes_markup_of_text(file):
    found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|localStorage|sessionStorage|setAttribute\('style", file.read_text())
    assert found == []


def test_nothing_is_inline_and_nothing_comes_from_elsewhere():
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?://", PAGE) == []


def test_every_module_is_announced_and_used():
    """Those that main.js does not import itself are announced, so that no file waits for another."""
    def imported(text):
        return set(re.findall(r"from '\./([\w.]+)'", text))
    every = {file.name for file in SCRIPTS}
    announced = set(re.findall(r'(?:href|src)="ui/([\w.]+\.js)"', PAGE))
    assert announced | imported((WEB / "main.js").read_text()) == every
    assert set().union(*(imported(file.read_text()) for file in SCRIPTS)) | {"main.js"} == every


def test_every_icon_and_template_is_there_and_used():
    texts = PAGE + "".join(file.read_text() for file in SCRIPTS)
    icons = set(re.findall(r'<symbol id="i-(\w+)"', PAGE))
    assert icons == set(re.findall(r'href="#i-(\w+)"', PAGE)) | set(re.findall(r"icon\('(\w+)'\)", texts))
    templates = set(re.findall(r'<template id="([\w-]+)"', PAGE))
    assert templates == set(re.findall(r"(?:clone|getElementById)\('(t-[\w-]+)'\)", texts))


def test_the_pinned_checker_is_the_one_that_is_installed(axe_script):
    pinned = json.loads((pathlib.Path(__file__).parent / "package.json").read_text())["devDependencies"]["axe-core"]
    assert f"v{pinned}" in axe_script[:200]


def test_the_server_sends_them_as_they_should_be(server):
    for path, media in {"/": "text/html; charset=utf-8", "/ui/main.js": "text/javascript; charset=utf-8", "/ui/style.css": "text/css; charset=utf-8"}.items():
        answer = server.call("GET", path, [], None)
        assert answer.status == 200 and answer.header("Content-Type") == media
        policy = answer.header("Content-Security-Policy")
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy
        assert answer.header("ETag") and answer.header("X-Content-Type-Options") == "nosniff"
        again = server.call("GET", path, [("If-None-Match", answer.header("ETag"))], None)
        assert again.status == 304
