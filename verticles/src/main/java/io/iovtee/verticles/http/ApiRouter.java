// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes by OpenAPI's path templates, and what all of them share: JSON or text by the Accept
 * header, and a problem document for whatever goes wrong.
 */
final class ApiRouter {
  private static final Logger LOG = LoggerFactory.getLogger(ApiRouter.class);
  private static final Pattern PARAMETER = Pattern.compile("\\{([a-z]+)}");

  private final Router router;
  private final List<Operation> operations = new ArrayList<>();

  /** Templates of the operations that also answer HEAD. */
  private final Set<String> heads = new HashSet<>();

  /** One operation as the contract names it. */
  record Operation(HttpMethod method, String template) {
    private boolean hasPath(String path) {
      return path.matches(PARAMETER.matcher(template).replaceAll("[^/]+").replace(".", "\\."));
    }
  }

  ApiRouter(Router router) {
    this.router = router;
    router.errorHandler(
        404,
        failed ->
            sendProblem(
                failed, HttpProblem.notFound("no resource has this path; see /openapi.yaml")));
    router.errorHandler(405, this::sendMethodNotAllowed);
    router.errorHandler(
        413,
        failed -> sendProblem(failed, HttpProblem.bodyTooLong(HttpApiVerticle.BODY_LENGTH_MAX)));
    router.errorHandler(
        400,
        failed -> sendProblem(failed, HttpProblem.badRequest("the request line can not be read")));
    router.errorHandler(500, this::sendFailure);
  }

  /** All operations in the order in which they were added. */
  List<Operation> operations() {
    return List.copyOf(operations);
  }

  /** Answers with JSON or text. */
  void answer(
      HttpMethod method, String template, Function<RoutingContext, Future<Answer>> answerer) {
    raw(
        method,
        template,
        request -> {
          boolean text = wantsText(request);
          Future<Answer> answer;
          try {
            answer = answerer.apply(request);
          } catch (RuntimeException e) {
            answer = Future.failedFuture(e);
          }
          answer
              .onSuccess(result -> send(request, result, text))
              .onFailure(failure -> sendProblem(request, problemOf(failure)));
        });
  }

  /**
   * Leaves everything to the handler; exceptions become problem documents all the same. Who may GET
   * may ask with HEAD, too: the server leaves the body out.
   */
  void raw(HttpMethod method, String template, Handler<RoutingContext> handler) {
    Route route = route(method, template, handler);
    if (method.equals(HttpMethod.GET)) {
      route.method(HttpMethod.HEAD);
      heads.add(template);
    }
  }

  /** A GET whose answer has no end: there is nothing that HEAD could leave out. */
  void stream(String template, Handler<RoutingContext> handler) {
    Route unused = route(HttpMethod.GET, template, handler);
  }

  private Route route(HttpMethod method, String template, Handler<RoutingContext> handler) {
    operations.add(new Operation(method, template));
    return router
        .route(method, PARAMETER.matcher(template).replaceAll(":$1"))
        .handler(request -> {
          try {
            handler.handle(request);
          } catch (RuntimeException e) {
            sendProblem(request, problemOf(e));
          }
        });
  }

  private static boolean wantsText(RoutingContext request) {
    List<MIMEHeader> accepted = request.parsedHeaders().accept();
    if (accepted.isEmpty()) {
      return false;
    }
    for (MIMEHeader one : accepted) {
      String type = one.component() + "/" + one.subComponent();
      switch (type) {
        case "application/json", "application/*", "*/*", "application/problem+json" -> {
          return false;
        }
        case "text/plain", "text/*" -> {
          return true;
        }
        default -> {
          // Something that is not made here: the next best.
        }
      }
    }
    throw HttpProblem.of(
        406,
        "not-acceptable",
        "No form of the answer is accepted",
        "answers are application/json or text/plain: Accept="
            + request.request().getHeader("Accept"));
  }

  private static void send(RoutingContext request, Answer answer, boolean text) {
    HttpServerResponse response = request.response();
    response.setStatusCode(answer.status());
    answer.headers().forEach(response::putHeader);
    response.putHeader("Vary", "Accept");
    if (text) {
      response.putHeader("Content-Type", "text/plain; charset=utf-8");
      response.end(answer.text().get());
    } else {
      response.putHeader("Content-Type", "application/json");
      response.end(answer.json().get().encode() + "\n");
    }
  }

  static void sendProblem(RoutingContext request, HttpProblem problem) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(problem.status());
    response.putHeader("Content-Type", HttpProblem.CONTENT_TYPE);
    response.end(problem.toJson(request.request().path()).encode() + "\n");
  }

  private static HttpProblem problemOf(Throwable failure) {
    if (failure instanceof HttpProblem problem) {
      return problem;
    }
    if (failure instanceof ReplyException reply) {
      String detail = String.valueOf(reply.getMessage());
      if (reply.failureType() != ReplyFailure.RECIPIENT_FAILURE) {
        return HttpProblem.unavailable("the part that does this does not answer: " + detail);
      }
      return switch (Refusal.of(reply.failureCode())) {
        case NOT_FOUND -> HttpProblem.notFound(detail);
        case CONFLICT -> HttpProblem.conflict(detail);
        case STALE_VERSION -> HttpProblem.staleVersion(detail);
        case INVALID -> HttpProblem.invalid(detail);
        case UNAVAILABLE -> HttpProblem.unavailable(detail);
        case FAILED -> internal(failure);
      };
    }
    return internal(failure);
  }

  private static HttpProblem internal(Throwable failure) {
    LOG.error("a request failed", failure);
    return HttpProblem.of(
        500, "internal", "The switch has a fault", "see the switch's log for what went wrong");
  }

  private void sendFailure(RoutingContext request) {
    Throwable failure = request.failure();
    sendProblem(
        request,
        failure == null ? internal(new IllegalStateException("no cause")) : problemOf(failure));
  }

  private void sendMethodNotAllowed(RoutingContext request) {
    TreeSet<String> allowed = new TreeSet<>();
    for (Operation operation : operations) {
      if (operation.hasPath(request.normalizedPath())) {
        allowed.add(operation.method().name());
        if (operation.method().equals(HttpMethod.GET) && heads.contains(operation.template())) {
          allowed.add(HttpMethod.HEAD.name());
        }
      }
    }
    request.response().putHeader("Allow", String.join(", ", allowed));
    sendProblem(
        request,
        HttpProblem.of(
            405,
            "method-not-allowed",
            "This resource does not have that method",
            "allowed are " + String.join(", ", allowed)));
  }
}
