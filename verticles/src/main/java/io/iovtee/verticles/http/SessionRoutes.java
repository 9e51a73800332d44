// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Sessions;
import io.iovtee.verticles.access.Sessions.Session;
import io.iovtee.verticles.access.Token;
import io.vertx.core.Future;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/v1/session}: how a browser, which can not send a header with a page, shows its token
 * once. Its cookie is out of reach of scripts and is sent with requests of our own pages only
 * (SameSite=Strict), so no other page can act for it.
 */
final class SessionRoutes {
  static final String PATH = "/api/v1/session";

  private static final Logger LOG = LoggerFactory.getLogger(SessionRoutes.class);

  private final Credentials credentials;
  private final Sessions sessions;
  private final AccessGuard guard;

  private SessionRoutes(Credentials credentials, Sessions sessions, AccessGuard guard) {
    this.credentials = credentials;
    this.sessions = sessions;
    this.guard = guard;
  }

  static void add(ApiRouter api, Credentials credentials, Sessions sessions, AccessGuard guard) {
    SessionRoutes routes = new SessionRoutes(credentials, sessions, guard);
    api.answer(HttpMethod.GET, PATH, routes::show);
    api.answer(HttpMethod.POST, PATH, routes::begin);
    api.answer(HttpMethod.DELETE, PATH, routes::end);
  }

  /**
   * Cookies know no ports, so the name has it: several switches may be on one machine. The prefix
   * makes browsers take the cookie over TLS alone, and from this host alone.
   */
  static String cookieName(HttpServerRequest asked) {
    return (asked.isSSL() ? "__Host-" : "") + "iovtee-" + asked.localAddress().port();
  }

  private Future<Answer> show(RoutingContext request) {
    return Future.succeededFuture(answer(guard.session(request.request()), 200));
  }

  private Future<Answer> begin(RoutingContext request) {
    JsonInput body = RequestBody.of(request).object().allow("token");
    String text = body.requiredText("token");
    if (credentials.tokens().isEmpty()) {
      throw HttpProblem.conflict("this server asks for no token");
    }
    Token token;
    try {
      token = guard.check(request, text.strip());
    } catch (HttpProblem problem) {
      AccessGuard.headers(request, problem);
      throw problem;
    }
    String id = sessions.begin(token);
    request.response().addCookie(cookie(request, id, Sessions.LIFETIME_MS / 1000));
    LOG.info("{} at {}: session begun", token.name(), request.request().remoteAddress());
    return Future.succeededFuture(answer(sessions.find(id), 201));
  }

  private Future<Answer> end(RoutingContext request) {
    String id = guard.sessionId(request.request());
    if (id != null) {
      guard
          .session(request.request())
          .ifPresent(session ->
              LOG.info(
                  "{} at {}: session ended",
                  session.token().name(),
                  request.request().remoteAddress()));
      sessions.end(id);
    }
    request.response().addCookie(cookie(request, "", 0));
    return Future.succeededFuture(answer(Optional.empty(), 200));
  }

  private static Cookie cookie(RoutingContext request, String id, long seconds) {
    return Cookie.cookie(cookieName(request.request()), id)
        .setPath("/")
        .setMaxAge(seconds)
        .setHttpOnly(true)
        .setSecure(request.request().isSSL())
        .setSameSite(CookieSameSite.STRICT);
  }

  private Answer answer(Optional<Session> session, int status) {
    boolean asksForToken = credentials.tokens().isPresent();
    JsonObject json =
        new JsonObject()
            .put("token_required", asksForToken)
            .put("name", session.map(open -> open.token().name()).orElse(null))
            .put("role", session.map(open -> open.token().role().label()).orElse(null))
            .put("ends", ends(session));
    String text =
        session
            .map(open -> open.token() + ", until " + ends(session))
            .orElse(asksForToken ? "no session" : "no token needed");
    Answer answer = Answer.ok(json, () -> text + "\n");
    return status == 201 ? Answer.created(json, () -> text + "\n", PATH) : answer;
  }

  private static @Nullable String ends(Optional<Session> session) {
    return session.map(open -> Instant.ofEpochMilli(open.endsMs()).toString()).orElse(null);
  }
}
