// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Listener;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;

/**
 * Keeps web pages from elsewhere away from the API. A page can send simple requests to any address,
 * or give its own name our address (DNS rebinding); a browser tells on it in the Host, Origin and
 * Sec-Fetch-Site headers. So a Host that is a name must be one of this server's: of loopback, or of
 * its certificate. An address is nobody's name; it is taken where the server listens elsewhere than
 * on loopback. Also sets what every answer carries.
 */
final class BrowserGuard implements Handler<RoutingContext> {
  private static final Pattern ADDRESS =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-fA-F:.]+]|[0-9a-fA-F.]*:[0-9a-fA-F:.]*");

  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Credentials credentials;

  BrowserGuard(Credentials credentials) {
    this.credentials = credentials;
  }

  @Override
  public void handle(RoutingContext request) {
    HttpServerResponse response = request.response();
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("Referrer-Policy", "no-referrer");
    response.putHeader("Cache-Control", "no-store");
    response.putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    HttpServerRequest asked = request.request();
    HostAndPort host = asked.authority();
    if (host != null && !isOurs(host.host())) {
      ApiRouter.sendProblem(
          request,
          HttpProblem.of(
              421,
              "wrong-host",
              "This server does not have that name",
              "ask for " + ours() + ": Host=" + host.host()));
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

  private boolean isOurs(String host) {
    return Listener.isLoopback(host)
        || (!credentials.listener().isLoopback() && ADDRESS.matcher(host).matches())
        || credentials.certificate().map(certificate -> certificate.isFor(host)).orElse(false);
  }

  private String ours() {
    String loopback = "127.0.0.1, [::1] or localhost";
    return credentials
        .certificate()
        .map(certificate ->
            certificate.names().isEmpty()
                ? "an address: the certificate has no DNS name"
                : "an address or a name of the certificate, "
                    + String.join(", ", certificate.names()))
        .orElse(loopback);
  }

  /** Whether a method may change something. */
  static boolean isUnsafe(HttpMethod method) {
    return !method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD);
  }

  private boolean isFromElsewhere(HttpServerRequest asked) {
    String site = asked.getHeader("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return true;
    }
    String origin = asked.getHeader("Origin");
    return origin != null
        && !origin.equals(credentials.listener().scheme() + "://" + asked.getHeader("Host"));
  }
}
