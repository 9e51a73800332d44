// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.browser;

import io.iovtee.it.peers.TestSwitch;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Chromium without a window, with one page, driven by ChromeDriver (W3C WebDriver; what it does not
 * know goes through ChromeDriver's door to the DevTools protocol). One thread.
 */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Pattern STARTED = Pattern.compile("started successfully on port (\\d+)");

  /** Longer than any step on a busy machine. */
  private static final Duration TIMEOUT = Duration.ofSeconds(90);

  /** Nothing that asks the network by itself: tests run where there is none. */
  private static final List<String> FLAGS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--window-size=1280,900");

  private final HttpClient client = HttpClient.newHttpClient();
  private final Process driver;
  private final URI session;

  /** A key as WebDriver writes it. */
  enum Key {
    TAB("\uE004"),
    ENTER("\uE007"),
    RIGHT("\uE014");

    private final String code;

    Key(String code) {
      this.code = code;
    }
  }

  private Browser(Path directory, List<String> moreFlags) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(DRIVER.toString(), "--port=0");
    builder.environment().put("HOME", directory.toString());
    driver = builder.redirectErrorStream(true).start();
    URI root = URI.create("http://127.0.0.1:" + port(driver) + "/session");
    List<String> flags = new ArrayList<>(FLAGS);
    flags.addAll(moreFlags);
    flags.add("--user-data-dir=" + directory.resolve("profile"));
    JsonObject options =
        new JsonObject().put("binary", CHROMIUM.toString()).put("args", new JsonArray(flags));
    JsonObject capabilities =
        new JsonObject()
            .put("goog:chromeOptions", options)
            .put("goog:loggingPrefs", new JsonObject().put("browser", "ALL"));
    JsonObject wanted =
        new JsonObject().put("capabilities", new JsonObject().put("alwaysMatch", capabilities));
    JsonObject made = (JsonObject) send("POST", root, wanted);
    session = URI.create(root + "/" + made.getString("sessionId"));
  }

  private static int port(Process driver) throws IOException {
    BufferedReader lines = driver.inputReader();
    StringBuilder seen = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher started = STARTED.matcher(line);
      if (started.find()) {
        return Integer.parseInt(started.group(1));
      }
      seen.append(line).append('\n');
    }
    throw new IOException("ChromeDriver did not start: " + seen);
  }

  /** Null, or what must be installed. */
  static @Nullable String missing() {
    return Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER)
        ? null
        : "no browser: apt-get install chromium chromium-driver";
  }

  /**
   * Starts a browser.
   *
   * @param directory an empty one, for its files
   * @param flags besides the usual ones
   */
  static Browser start(Path directory, String... flags) throws IOException {
    return new Browser(directory, List.of(flags));
  }

  void open(String address) {
    post("/url", new JsonObject().put("url", address));
  }

  /** Runs the body of a function in the page; returns what it returns. */
  Object run(String script, Object... arguments) {
    JsonObject call =
        new JsonObject().put("script", script).put("args", new JsonArray(List.of(arguments)));
    Object value = post("/execute/sync", call);
    return value == null ? "null" : value;
  }

  /** What an expression is, as text. */
  String text(String expression) {
    return String.valueOf(run("return " + expression));
  }

  /** Waits until an expression is true in the page. */
  void await(String expression) {
    TestSwitch.await(
        () -> Boolean.TRUE.equals(run("return Boolean(" + expression + ")")),
        () -> expression + "\n" + text("document.body.innerText") + "\n" + complaints());
  }

  /** Presses a key and lets it go. */
  void press(Key key) {
    JsonArray strokes = new JsonArray();
    for (String type : List.of("keyDown", "keyUp")) {
      strokes.add(new JsonObject().put("type", type).put("value", key.code));
    }
    JsonObject keyboard =
        new JsonObject().put("type", "key").put("id", "keyboard").put("actions", strokes);
    post("/actions", new JsonObject().put("actions", new JsonArray().add(keyboard)));
  }

  /** Makes the window so large, in CSS pixels. */
  void resize(int width, int height) {
    devTools(
        "Emulation.setDeviceMetricsOverride",
        new JsonObject()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", false));
  }

  /**
   * Has the page drawn as the user's system asks for it.
   *
   * @param scheme light or dark
   */
  void colors(String scheme) {
    JsonObject feature = new JsonObject().put("name", "prefers-color-scheme").put("value", scheme);
    devTools(
        "Emulation.setEmulatedMedia",
        new JsonObject().put("features", new JsonArray().add(feature)));
  }

  /** What the console said since it was last asked, but for plain messages. */
  List<String> complaints() {
    JsonArray log = (JsonArray) post("/se/log", new JsonObject().put("type", "browser"));
    return log.stream()
        .map(JsonObject.class::cast)
        .filter(entry -> List.of("SEVERE", "WARNING").contains(entry.getString("level")))
        .map(entry -> entry.getString("message"))
        .toList();
  }

  /** Keeps a picture of the page for people. */
  void picture(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    String data = String.valueOf(send("GET", at("/screenshot"), null));
    Files.write(file, Base64.getDecoder().decode(data));
  }

  private void devTools(String command, JsonObject parameters) {
    post("/goog/cdp/execute", new JsonObject().put("cmd", command).put("params", parameters));
  }

  private URI at(String path) {
    return URI.create(session + path);
  }

  private @Nullable Object post(String path, JsonObject body) {
    return send("POST", at(path), body);
  }

  private @Nullable Object send(String method, URI address, @Nullable JsonObject body) {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.encode()))
            .timeout(TIMEOUT)
            .build();
    try {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new AssertionError(method + " " + address + ": " + answer.body());
      }
      return new JsonObject(answer.body()).getValue("value");
    } catch (IOException e) {
      throw new AssertionError(method + " " + address, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    try {
      send("DELETE", session, null);
    } finally {
      driver.descendants().forEach(ProcessHandle::destroyForcibly);
      driver.destroyForcibly();
      client.close();
    }
  }
}
