// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard before answers that a switch gives seldom or never. */
final class HostileAnswersIT {
  private static final String STATUS = "document.getElementById('connection').innerText";

  @TempDir private static Path directory;

  private static Browser page;
  private StubApi api;

  @BeforeAll
  static void startBrowser() throws IOException {
    Needs.present(Browser.missing());
    page = Browser.start(directory);
  }

  @AfterAll
  static void stopBrowser() {
    if (page != null) {
      page.close();
    }
  }

  @BeforeEach
  void start() throws IOException {
    api = new StubApi();
  }

  @AfterEach
  void stop() {
    page.open("about:blank");
    page.complaints();
    api.close();
  }

  private void openLive() {
    page.open(api.address());
    page.await(STATUS + " == 'live'");
    api.send("stats", StubApi.stats("2026-01-01T00:00:00Z", 100, 10));
    page.await("document.querySelectorAll('#ports tr, #mappings tr, #flows tr').length == 3");
  }

  @Test
  void textStaysTextWhateverItLooksLike() {
    openLive();
    api.send("stats", StubApi.stats("2026-01-01T00:00:02Z", 2600, 478));
    page.await("document.getElementById('queues').innerText.includes(' 234)')");
    page.run("document.querySelector('summary').click()");
    page.await("document.querySelectorAll('.checks li').length == 1");

    assertThat(page.text("window.marked")).isEqualTo("null");
    assertThat(page.text("document.querySelectorAll('img, b').length")).isEqualTo("0");
    assertThat(page.complaints()).isEmpty();
    String body = page.text("document.body.textContent");
    assertThat(body.split(Pattern.quote(StubApi.MARKUP), -1))
        .as("each text of the answers is there: %s", body)
        .hasSizeGreaterThan(20);
    assertThat(page.text("document.title")).startsWith(StubApi.MARKUP);
  }

  @Test
  void numbersAreThoseOfTheAnswers() {
    openLive();
    // Each part of the page comes with an answer of its own, in any order.
    page.await("document.querySelector('.card')?.innerText.includes('dropped')");
    page.await("document.getElementById('summary').innerText.includes('234 frames/s')");
    page.await("document.getElementById('flows-note').innerText != ''");
    page.await("document.getElementById('loops').innerText.includes('core 1')");
    assertThat(page.text("document.querySelector('.card').innerText"))
        .contains("1.23K frames/s", "56.8 Mbit/s", "7 guest buffers", "written through 1K/s")
        .contains("dropped 234/s");
    assertThat(page.text("document.getElementById('summary').innerText"))
        .containsSubsequence("1.23K frames/s", "0 frames/s", "81 %", "234 frames/s");
    assertThat(page.text("document.getElementById('flows-note').innerText"))
        .startsWith("The first 1 of 1,234,567 rules");
    assertThat(page.text("document.getElementById('loops').innerText"))
        .contains("core 1", "25 %", "3 pauses, longest 1.5 ms");
  }

  @Test
  void manyEventsAreFewRequests() throws InterruptedException {
    openLive();
    int before = api.asked("/api/v1/mappings");
    for (int i = 0; i < 500; i++) {
      api.send("mapping", new JsonObject());
      Thread.sleep(1);
    }
    TestSwitch.await(() -> api.asked("/api/v1/mappings") > before + 1, () -> "the last event");
    Thread.sleep(600); // what was put off comes now, or never
    assertThat(api.asked("/api/v1/mappings") - before).isLessThan(200);
  }

  @Test
  void asksAgainWhereTheBrowserDoesNot() {
    api.eventsStatus = 503;
    page.open(api.address());
    page.await(STATUS + ".startsWith('no connection')");
    api.eventsStatus = 200;
    page.await(STATUS + " == 'live'");
  }

  @Test
  void noticesAConnectionThatDiedWithoutAWord() {
    openLive();
    int before = api.asked("/api/v1/events");
    page.run(
        "window.said = []; new MutationObserver((all) => said.push(all[0].target.textContent))"
            + ".observe(document.getElementById('connection'), {childList: true})");
    page.await("said.some((text) => text.startsWith('no connection since'))");
    page.await("said.at(-1) == 'live'");
    assertThat(api.asked("/api/v1/events")).isGreaterThan(before);
  }

  @Test
  void outOfSightItKeepsNoConnection() {
    openLive();
    String visibility =
        "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
            + "document.dispatchEvent(new Event('visibilitychange'));";
    page.run(visibility.formatted("hidden"));
    TestSwitch.await(() -> api.streams() == 0, () -> "readers: " + api.streams());
    assertThat(page.text(STATUS)).startsWith("paused");
    page.run(visibility.formatted("visible"));
    page.await(STATUS + " == 'live'");
  }
}
