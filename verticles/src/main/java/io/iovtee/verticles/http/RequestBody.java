// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The body of a request by its content type. */
final class RequestBody {
  private final String contentType;
  private final Buffer bytes;

  private RequestBody(String contentType, Buffer bytes) {
    this.contentType = contentType;
    this.bytes = bytes;
  }

  static RequestBody of(RoutingContext request) {
    Buffer buffer = request.body().buffer();
    return new RequestBody(contentType(request), buffer == null ? Buffer.buffer() : buffer);
  }

  private static String contentType(RoutingContext request) {
    String header = request.request().getHeader("Content-Type");
    return header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** Whether the request says that its body is text. */
  static boolean isText(RoutingContext request) {
    return contentType(request).equals("text/plain");
  }

  boolean isEmpty() {
    return bytes.length() == 0;
  }

  /** Whether it says that it is JSON or OVS text; everything else is refused. */
  boolean isJson() {
    return switch (contentType) {
      case "application/json" -> true;
      case "text/plain" -> false;
      default -> throw unsupported("application/json or text/plain (OVS rules, one a line)");
    };
  }

  /** The body as an object; empty when there is no body. */
  JsonInput object() {
    if (isEmpty()) {
      return new JsonInput(new JsonObject(), "");
    }
    if (!contentType.equals("application/json")) {
      throw unsupported("application/json");
    }
    if (json() instanceof JsonObject object) {
      return new JsonInput(object, "");
    }
    throw HttpProblem.badField("", "the body must be a JSON object");
  }

  /** The body as whatever JSON value it is. */
  @Nullable Object json() {
    try {
      return Json.decodeValue(bytes);
    } catch (DecodeException e) {
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw HttpProblem.badRequest("the body is not JSON: " + why);
    }
  }

  String text() {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.getBytes()))
          .toString();
    } catch (CharacterCodingException e) {
      throw HttpProblem.badRequest("the body is not UTF-8");
    }
  }

  private HttpProblem unsupported(String wanted) {
    return HttpProblem.of(
        415,
        "unsupported-media-type",
        "The body has a type that is not read here",
        "Content-Type must be " + wanted + ": Content-Type=" + contentType);
  }
}
