// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.access.AttemptLimit;
import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Role;
import io.iovtee.verticles.access.Sessions;
import io.iovtee.verticles.access.Sessions.Session;
import io.iovtee.verticles.access.Token;
import io.iovtee.verticles.access.Tokens;
import io.vertx.core.Handler;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who shows a token of the listener's file, as {@code Authorization: Bearer} (RFC 6750) or
 * through the session of a browser, and writes to the log who changed what. A listener without a
 * file of tokens asks nobody. Event loop.
 */
final class AccessGuard implements Handler<RoutingContext> {
  private static final Logger LOG = LoggerFactory.getLogger(AccessGuard.class);
  private static final String KEY = AccessGuard.class.getName();
  private static final String BEARER = "bearer ";

  /**
   * What is asked for before there is a token: the page with its form, and what supervisors ask.
   */
  private static final Set<String> OPEN = Set.of("/", "/livez", "/readyz", SessionRoutes.PATH);

  private static final String PAGES = "/ui/";

  /** Asks although it is a POST: it changes nothing. */
  private static final String TRACE = "/api/v1/trace";

  private final Credentials credentials;
  private final Sessions sessions;
  private final AttemptLimit attempts;

  /** Who asks, and what must hold for the answer to go on. */
  private record Caller(Token token, BooleanSupplier welcome) {}

  AccessGuard(Credentials credentials, Sessions sessions, AttemptLimit attempts) {
    this.credentials = credentials;
    this.sessions = sessions;
    this.attempts = attempts;
  }

  /** Whether whoever asked may still be told; always where nobody is asked for a token. */
  static BooleanSupplier welcome(RoutingContext request) {
    Caller caller = request.get(KEY);
    return caller == null ? () -> true : caller.welcome();
  }

  @Override
  public void handle(RoutingContext request) {
    Optional<Tokens> tokens = credentials.tokens();
    if (tokens.isEmpty() || isOpen(request)) {
      request.next();
      return;
    }
    Caller caller;
    try {
      caller = caller(request);
    } catch (HttpProblem problem) {
      refuse(request, problem);
      return;
    }
    Role needed = changes(request) ? Role.WRITE : Role.READ;
    if (caller.token().role().compareTo(needed) < 0) {
      request
          .response()
          .putHeader("WWW-Authenticate", "Bearer realm=\"iovtee\", error=\"insufficient_scope\"");
      ApiRouter.sendProblem(
          request,
          HttpProblem.forbidden(
              "the token " + caller.token().name() + " may read only: it has the role read"));
      return;
    }
    request.put(KEY, caller);
    if (changes(request)) {
      request.addEndHandler(done -> tell(request, caller.token()));
    }
    request.next();
  }

  private static boolean isOpen(RoutingContext request) {
    String path = request.normalizedPath();
    return OPEN.contains(path)
        || (path.startsWith(PAGES) && !BrowserGuard.isUnsafe(request.request().method()));
  }

  private static boolean changes(RoutingContext request) {
    HttpMethod method = request.request().method();
    return BrowserGuard.isUnsafe(method)
        && !(method.equals(HttpMethod.POST) && request.normalizedPath().equals(TRACE));
  }

  private Caller caller(RoutingContext request) {
    HttpServerRequest asked = request.request();
    String header = asked.getHeader("Authorization");
    if (header != null) {
      if (!header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        throw HttpProblem.unauthorized("Authorization must be Bearer TOKEN");
      }
      Token token = check(request, header.substring(BEARER.length()).strip());
      return new Caller(token, () -> isKnown(token));
    }
    Optional<Session> session = session(asked);
    if (session.isEmpty()) {
      throw HttpProblem.unauthorized(
          "this server asks for a token: --token-file of the command line, Authorization: Bearer,"
              + " or the form of the dashboard");
    }
    String id = String.valueOf(sessionId(asked));
    return new Caller(
        session.get().token(),
        () -> sessions.find(id).filter(now -> isKnown(now.token())).isPresent());
  }

  private boolean isKnown(Token token) {
    return credentials.tokens().map(tokens -> tokens.has(token)).orElse(true);
  }

  /** The browser's session, if it has one and its token is still in the file. */
  Optional<Session> session(HttpServerRequest asked) {
    String id = sessionId(asked);
    return id == null
        ? Optional.empty()
        : sessions.find(id).filter(session -> isKnown(session.token()));
  }

  @Nullable String sessionId(HttpServerRequest asked) {
    Cookie cookie = asked.getCookie(SessionRoutes.cookieName(asked));
    return cookie == null ? null : cookie.getValue();
  }

  /**
   * The token with this text.
   *
   * @throws HttpProblem 401 when there is none, 429 when that happened too often
   */
  Token check(RoutingContext request, String text) {
    Optional<Token> token = credentials.tokens().flatMap(tokens -> tokens.find(text));
    if (token.isPresent()) {
      return token.get();
    }
    boolean few = attempts.wrong();
    long count = attempts.toTell();
    if (count > 0) {
      LOG.warn(
          "a wrong token from {}; {} since the last such line",
          request.request().remoteAddress(),
          count);
    }
    throw few
        ? HttpProblem.unauthorized("this token is not, or no longer, in the server's file")
        : HttpProblem.tooManyAttempts("try again in a second; a right token is always let in");
  }

  private static void refuse(RoutingContext request, HttpProblem problem) {
    headers(request, problem);
    ApiRouter.sendProblem(request, problem);
  }

  /** What a client needs to know besides the problem itself. */
  static void headers(RoutingContext request, HttpProblem problem) {
    if (problem.status() == 401) {
      boolean shown = request.request().getHeader("Authorization") != null;
      request
          .response()
          .putHeader(
              "WWW-Authenticate",
              "Bearer realm=\"iovtee\"" + (shown ? ", error=\"invalid_token\"" : ""));
    } else if (problem.status() == 429) {
      request.response().putHeader("Retry-After", "1");
    }
  }

  private static void tell(RoutingContext request, Token token) {
    LOG.info(
        "{} at {}: {} {} -> {}",
        token.name(),
        request.request().remoteAddress(),
        request.request().method(),
        request.request().uri(),
        request.response().getStatusCode());
  }
}
