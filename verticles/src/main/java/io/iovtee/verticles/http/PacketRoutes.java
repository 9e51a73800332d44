// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.DropReason;
import io.iovtee.api.PuntCounters;
import io.iovtee.api.PuntedFrame;
import io.iovtee.api.SwitchContext;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.FlowKeyFormatter;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletionException;

/**
 * {@code /api/v1/packets}: frames that rules handed over ({@code punt}), the last ones and as they
 * come; and frames that the switch is to send. OpenFlow's packet-in and packet-out.
 */
final class PacketRoutes {
  /** Frames that are remembered. */
  static final int RECENT_MAX = 256;

  private static final String PATH = "/api/v1/packets";

  /** Bytes of a frame that are read for its headers; a poll loop reads as many. */
  private static final int HEADER_LENGTH = 128;

  private final SwitchContext context;
  private final Vertx vertx;
  private final EventStream json;
  private final EventStream text;
  private final ArrayDeque<Packet> recent = new ArrayDeque<>();
  private long lastId;

  /** A frame with its number. */
  private record Packet(long id, PuntedFrame frame) {}

  private PacketRoutes(SwitchContext context, Vertx vertx) {
    this.context = context;
    this.vertx = vertx;
    json = new EventStream(vertx);
    text = new EventStream(vertx);
  }

  static void add(ApiRouter api, SwitchContext context, LocalBus bus, Vertx vertx) {
    PacketRoutes routes = new PacketRoutes(context, vertx);
    api.answer(HttpMethod.GET, PATH, routes::list);
    api.answer(HttpMethod.POST, PATH, routes::send);
    api.stream(PATH + "/events", routes::open);
    bus.listen(Addresses.PUNT_EVENTS, routes::onPunted);
  }

  private void onPunted(List<PuntedFrame> frames) {
    for (PuntedFrame frame : frames) {
      Packet packet = new Packet(++lastId, frame);
      if (recent.size() == RECENT_MAX) {
        recent.removeFirst();
      }
      recent.add(packet);
      if (json.hasReaders()) {
        json.send("packet", json(packet).encode());
      }
      if (text.hasReaders()) {
        text.send("packet", text(packet));
      }
    }
  }

  private void open(RoutingContext request) {
    String form = request.queryParams().get("form");
    if (form != null && !form.equals("json") && !form.equals("text")) {
      throw HttpProblem.badRequest("form is json or text: form=" + form);
    }
    ("text".equals(form) ? text : json).open(request);
  }

  private Future<Answer> list(RoutingContext request) {
    long after = after(request.queryParams().get("after"));
    List<Packet> packets = recent.stream().filter(packet -> packet.id() > after).toList();
    PuntCounters counters = context.punts();
    JsonArray array = new JsonArray();
    packets.forEach(packet -> array.add(json(packet)));
    return Future.succeededFuture(
        Answer.ok(
            new JsonObject()
                .put("punted", counters.punted())
                .put("limited", counters.limited())
                .put("packets", array),
            () -> text(counters, packets)));
  }

  private static long after(String value) {
    try {
      return value == null ? 0 : Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw HttpProblem.badRequest("after is the id of a packet: after=" + value);
    }
  }

  private Future<Answer> send(RoutingContext request) {
    JsonInput body = RequestBody.of(request).object().allow("port", "frame");
    String port = body.requiredText("port");
    body.requiredText("frame");
    byte[] frame = body.parsed("frame", "", PacketRoutes::bytes);
    return Future.fromCompletionStage(context.send(port, frame), vertx.getOrCreateContext())
        .recover(failure -> Future.failedFuture(problem(failure)))
        .map(reason -> {
          if (reason != DropReason.NONE) {
            throw HttpProblem.conflict(
                "port %s did not take the frame: %s".formatted(port, reason.label()));
          }
          return Answer.ok(
              new JsonObject().put("port", port).put("length", frame.length),
              () -> "sent %d bytes to port %s%n".formatted(frame.length, port));
        });
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replaceAll("[ :]", ""));
  }

  private static Throwable problem(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof IllegalArgumentException wrong
        ? HttpProblem.invalid(String.valueOf(wrong.getMessage()))
        : failure;
  }

  private static String headers(PuntedFrame frame) {
    long[] key = new long[FlowKey.WORDS];
    byte[] bytes = frame.bytes();
    int captured = Math.min(bytes.length, HEADER_LENGTH);
    HeaderParser.parse(bytes, 0, captured, frame.length(), 0, key, 0);
    return FlowKeyFormatter.format(key, 0, frame.inPort());
  }

  private static JsonObject json(Packet packet) {
    PuntedFrame frame = packet.frame();
    return new JsonObject()
        .put("id", packet.id())
        .put("time", Instant.ofEpochMilli(frame.timeMs()).toString())
        .put("in_port", frame.inPort())
        .put("reason", frame.reason())
        .put("rule", FlowRuleFormatter.format(frame.rule()))
        .put("cookie", "0x" + Long.toHexString(frame.rule().cookie()))
        .put("table", frame.rule().table())
        .put("headers", headers(frame))
        .put("length", frame.length())
        .put("frame", HexFormat.of().formatHex(frame.bytes()));
  }

  /** One line. */
  private static String text(Packet packet) {
    PuntedFrame frame = packet.frame();
    return TextTable.printable(
        "%d %s %s %s, %d bytes: %s | %s | %s"
            .formatted(
                packet.id(),
                Instant.ofEpochMilli(frame.timeMs()),
                frame.inPort(),
                frame.reason(),
                frame.length(),
                HexFormat.of().formatHex(frame.bytes()),
                headers(frame),
                FlowRuleFormatter.format(frame.rule())));
  }

  private static String text(PuntCounters counters, List<Packet> packets) {
    StringBuilder lines = new StringBuilder();
    packets.forEach(packet -> lines.append(text(packet)).append('\n'));
    return lines
        .append(
            "%d frames handed over, %d beyond the limit%n"
                .formatted(counters.punted(), counters.limited()))
        .toString();
  }
}
