"""What a browser lets other pages do with Vigie."""

import pytest
from playwright.sync_api import Browser, Response

pytestmark = pytest.mark.xdist_group("browser")


def test_no_other_page_may_frame_it(chromium: Browser, server: str):
    page = chromium.new_page()
    html = f'<h1>Evil</h1><iframe src="{server}/data" width="900" height="900"></iframe>'
    page.route("http://evil.test/", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://evil.test/")
    for _attempt in range(200):
        if len(page.frames) > 1 and page.frames[1].url not in ("", "about:blank"):
            break
        page.wait_for_timeout(50)
    assert page.frames[1].url.startswith("chrome-error:")
    assert page.request.get(f"{server}/data").ok  # it is there, and only not in a frame
    page.close()


def test_every_answer_of_a_page_carries_the_headers(chromium: Browser, server: str):
    page = chromium.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    with page.expect_response(lambda answer: "/media/" in answer.url, timeout=60_000):  # the logo, after all else
        page.goto(f"{server}/data")
    kinds = ("/static/", "/media/", "/_stcore/")
    for _attempt in range(100):  # heard of in any order
        if all(any(kind in answer.url for answer in answers) for kind in kinds):
            break
        page.wait_for_timeout(100)
    ours = [answer for answer in answers if answer.url.startswith("http")]
    for kind in kinds:
        assert any(kind in answer.url for answer in answers), kind
    assert [one.url for one in ours if one.headers.get("x-content-type-options") != "nosniff"] == []
    assert [one.url for one in ours if "frame-ancestors 'none'" not in one.headers["content-security-policy"]] == []
    page.close()
