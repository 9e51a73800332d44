// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** A request that is answered with a problem document (RFC 9457). */
final class HttpProblem extends RuntimeException {
  static final String CONTENT_TYPE = "application/problem+json";

  private static final long serialVersionUID = 1L;

  /** Characters of a detail: a value of a megabyte is not sent back, nor written to a log. */
  static final int DETAIL_LENGTH_MAX = 2_000;

  private final int status;
  private final String kind;
  private final String title;
  private final transient List<JsonObject> errors = new ArrayList<>();

  private HttpProblem(int status, String kind, String title, String detail) {
    super(cut(detail), null, false, false);
    this.status = status;
    this.kind = kind;
    this.title = title;
  }

  /** The body or a parameter is not what it should be. */
  static HttpProblem badRequest(String detail) {
    return new HttpProblem(400, "bad-request", "The request can not be read", detail);
  }

  /**
   * A place in the body is wrong.
   *
   * @param pointer JSON pointer (RFC 6901) to it
   */
  static HttpProblem badField(String pointer, String detail) {
    return badRequest((pointer.isEmpty() ? "" : pointer + ": ") + detail).at(pointer, detail);
  }

  /** Nobody has said who asks, or it is not believed. */
  static HttpProblem unauthorized(String detail) {
    return new HttpProblem(401, "unauthorized", "Say who you are", detail);
  }

  static HttpProblem forbidden(String detail) {
    return new HttpProblem(403, "forbidden", "You may not do this", detail);
  }

  static HttpProblem tooManyAttempts(String detail) {
    return new HttpProblem(429, "too-many-attempts", "Too many wrong tokens", detail);
  }

  static HttpProblem notFound(String detail) {
    return new HttpProblem(404, "not-found", "There is no such thing", detail);
  }

  static HttpProblem conflict(String detail) {
    return new HttpProblem(409, "conflict", "The request contradicts what is there", detail);
  }

  static HttpProblem staleVersion(String detail) {
    return new HttpProblem(412, "stale-version", "What you saw has changed meanwhile", detail);
  }

  static HttpProblem versionWanted(String detail) {
    return new HttpProblem(428, "version-required", "Say which version you saw", detail);
  }

  /** Well-formed, but the switch can not do it. */
  static HttpProblem invalid(String detail) {
    return new HttpProblem(422, "invalid", "The switch does not take this", detail);
  }

  static HttpProblem bodyTooLong(long lengthMax) {
    return of(
        413,
        "body-too-long",
        "The body is too long",
        "a body may have at most " + lengthMax + " bytes");
  }

  static HttpProblem unavailable(String detail) {
    return new HttpProblem(503, "unavailable", "Not now", detail);
  }

  static HttpProblem of(int status, String kind, String title, String detail) {
    return new HttpProblem(status, kind, title, detail);
  }

  private HttpProblem at(String pointer, String detail) {
    errors.add(new JsonObject().put("pointer", pointer).put("detail", cut(detail)));
    return this;
  }

  private static String cut(String detail) {
    return detail.length() > DETAIL_LENGTH_MAX
        ? detail.substring(0, DETAIL_LENGTH_MAX) + "..."
        : detail;
  }

  int status() {
    return status;
  }

  /**
   * The problem document.
   *
   * @param instance the request's path
   */
  JsonObject toJson(String instance) {
    JsonObject json =
        new JsonObject()
            .put("type", "urn:iovtee:problem:" + kind)
            .put("title", title)
            .put("status", status)
            .put("detail", getMessage())
            .put("instance", instance);
    if (!errors.isEmpty()) {
      json.put("errors", new JsonArray(errors));
    }
    return json;
  }
}
