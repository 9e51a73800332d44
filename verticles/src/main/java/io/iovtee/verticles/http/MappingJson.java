// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.MappingStatus.Transition;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/** Mappings and explanations as JSON and as text. */
final class MappingJson {
  private MappingJson() {}

  static JsonObject list(List<MappingStatus> mappings) {
    JsonArray json = new JsonArray();
    mappings.forEach(mapping -> json.add(json(mapping)));
    return new JsonObject().put("mappings", json);
  }

  static JsonObject json(MappingStatus mapping) {
    JsonArray history = new JsonArray();
    for (Transition transition : mapping.history()) {
      history.add(
          new JsonObject()
              .put("time", time(transition.timeMs()))
              .put("from", transition.from().label())
              .put("to", transition.to().label())
              .put("reason", transition.reason().label())
              .put("detail", transition.detail()));
    }
    return brief(mapping)
        .put("history", history)
        .put("counters", JsonOutput.of(mapping.counters()));
  }

  /** Without history: what an event carries. */
  static JsonObject brief(MappingStatus mapping) {
    MappingRequest request = mapping.request();
    return new JsonObject()
        .put("id", mapping.id())
        .put("queue", request.queue().toString())
        .put("port", request.guest())
        .put("queue_pair", request.queuePair())
        .put("isolation", request.isolation().label())
        .put("mode", request.mode().label())
        .put("match", request.match().orElse(null))
        .put("origin", request.origin().label())
        .put("state", mapping.state().label())
        .put("reason", mapping.reason().label())
        .put("detail", mapping.detail())
        .put("since", time(mapping.sinceMs()));
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }

  static String table(List<MappingStatus> mappings) {
    TextTable table =
        new TextTable(
            "QUEUE", "PORT", "PAIR", "ISOLATION", "MODE", "STATE", "REASON", "SINCE", "DETAIL");
    for (MappingStatus mapping : mappings) {
      table.row(
          mapping.request().queue(),
          mapping.request().guest(),
          mapping.request().queuePair(),
          mapping.request().isolation().label(),
          mapping.request().mode().label(),
          mapping.state().label(),
          mapping.reason().label(),
          time(mapping.sinceMs()),
          mapping.detail());
    }
    return table.toString();
  }

  static JsonObject json(Explanation explanation) {
    JsonArray checks = new JsonArray();
    for (Explanation.Check check : explanation.checks()) {
      checks.add(
          new JsonObject()
              .put("name", check.name())
              .put("result", check.result().label())
              .put("detail", check.detail())
              .put("remedy", check.remedy()));
    }
    return new JsonObject()
        .put("queue", explanation.queue().toString())
        .put("mode", explanation.mode())
        .put("guest", explanation.guest())
        .put("summary", explanation.summary())
        .put("checks", checks);
  }

  static String text(Explanation explanation) {
    StringBuilder text = new StringBuilder();
    text.append("queue ")
        .append(explanation.queue())
        .append(": ")
        .append(explanation.mode())
        .append('\n')
        .append(TextTable.printable(explanation.summary()))
        .append("\n\n");
    int width =
        explanation.checks().stream().mapToInt(check -> check.name().length()).max().orElse(0);
    for (Explanation.Check check : explanation.checks()) {
      String mark =
          switch (check.result()) {
            case PASSED -> "[ ok ]";
            case FAILED -> "[FAIL]";
            case NOT_REACHED -> "[ -- ]";
          };
      text.append(mark)
          .append(' ')
          .append(check.name())
          .append(" ".repeat(width - check.name().length() + 2))
          .append(TextTable.printable(check.detail()))
          .append('\n');
      if (!check.remedy().isEmpty()) {
        text.append(" ".repeat(width + 9)).append("-> ").append(check.remedy()).append('\n');
      }
    }
    return text.toString();
  }
}
