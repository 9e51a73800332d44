// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The dashboard and the API's contract: a few files from our own jar, read once. Nothing else of
 * the jar or of the disk can be asked for, since no path of a request is ever opened.
 */
final class PageRoutes {
  private static final Map<String, String> PAGES =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "app.js", "text/javascript; charset=utf-8",
          "draw.js", "text/javascript; charset=utf-8",
          "style.css", "text/css; charset=utf-8");

  private final Map<String, Buffer> files = new TreeMap<>();

  static void add(ApiRouter api) {
    PageRoutes routes = new PageRoutes();
    PAGES.keySet().forEach(name -> routes.files.put(name, read("ui/" + name)));
    Buffer contract = read("openapi.yaml");
    api.raw(HttpMethod.GET, "/", request -> routes.send(request, "index.html"));
    api.raw(
        HttpMethod.GET, "/ui/{file}", request -> routes.send(request, request.pathParam("file")));
    api.raw(
        HttpMethod.GET,
        "/openapi.yaml",
        request ->
            request
                .response()
                .putHeader("Content-Type", "application/yaml; charset=utf-8")
                .end(contract));
  }

  private void send(RoutingContext request, String name) {
    Buffer file = files.get(name);
    if (file == null) {
      throw HttpProblem.notFound("the dashboard has no such file: file=" + name);
    }
    HttpServerResponse response = request.response();
    response.putHeader("Content-Type", PAGES.get(name));
    response.putHeader("Cache-Control", "no-cache");
    response.end(file);
  }

  private static Buffer read(String name) {
    try (InputStream in = PageRoutes.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name + ": build it again");
      }
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
