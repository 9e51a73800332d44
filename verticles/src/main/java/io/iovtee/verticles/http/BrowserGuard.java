// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;

/**
 * Keeps web pages from elsewhere away from an API that any process on this machine may use. A page
 * can send simple requests to 127.0.0.1, or give its own name our address (DNS rebinding); a
 * browser tells on it in the Host, Origin and Sec-Fetch-Site headers. Also sets what every answer
 * carries.
 */
final class BrowserGuard implements Handler<RoutingContext> {
  private static final Pattern LOOPBACK_NAME =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  @Override
  public void handle(RoutingContext request) {
    HttpServerResponse response = request.response();
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("Referrer-Policy", "no-referrer");
    response.putHeader("Cache-Control", "no-store");
    response.putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    HttpServerRequest asked = request.request();
    HostAndPort host = asked.authority();
    if (host != null && !LOOPBACK_NAME.matcher(host.host()).matches()) {
      ApiRouter.sendProblem(
          request,
          HttpProblem.of(
              421,
              "wrong-host",
              "This server does not have that name",
              "ask for 127.0.0.1, [::1] or localhost: Host=" + host.host()));
      return;
    }
    if (isUnsafe(asked.method()) && isFromElsewhere(asked)) {
      ApiRouter.sendProblem(
          request,
          HttpProblem.of(
              403,
              "cross-origin",
              "Pages of other sites may not change a switch",
              "Origin=" + asked.getHeader("Origin")));
      return;
    }
    request.next();
  }

  private static boolean isUnsafe(HttpMethod method) {
    return !method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD);
  }

  private static boolean isFromElsewhere(HttpServerRequest asked) {
    String site = asked.getHeader("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return true;
    }
    String origin = asked.getHeader("Origin");
    return origin != null && !origin.equals("http://" + asked.getHeader("Host"));
  }
}
