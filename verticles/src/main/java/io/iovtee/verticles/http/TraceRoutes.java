// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.Arrival;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.Outcome;
import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchContext;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.classifier.TraceInput;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.MappingCommand;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.WriteThroughCheck;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletionException;

/** {@code /api/v1/trace}: what would become of a frame. */
final class TraceRoutes {
  private static final String PATH = "/api/v1/trace";

  /** Queues of one port that are explained; the others are like them or can be asked for. */
  private static final int QUEUES_MAX = 16;

  private final SwitchContext context;
  private final LocalBus bus;
  private final Vertx vertx;

  private TraceRoutes(SwitchContext context, LocalBus bus, Vertx vertx) {
    this.context = context;
    this.bus = bus;
    this.vertx = vertx;
  }

  static void add(ApiRouter api, SwitchContext context, LocalBus bus, Vertx vertx) {
    TraceRoutes routes = new TraceRoutes(context, bus, vertx);
    api.answer(HttpMethod.POST, PATH, routes::trace);
  }

  private Future<Answer> trace(RoutingContext request) {
    JsonInput body = RequestBody.of(request).object().allow("flow", "frame");
    TraceInput input;
    try {
      input = TraceInput.parse(body.requiredText("flow"), body.text("frame", ""));
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
    }
    return Future.fromCompletionStage(
            context.flows().trace(input.inPort(), input.frame()), vertx.getOrCreateContext())
        .recover(failure -> Future.failedFuture(problem(failure)))
        .compose(verdict ->
            checks(verdict)
                .map(checks -> Answer.ok(json(verdict, checks), () -> text(verdict, checks))));
  }

  private static Throwable problem(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof IllegalArgumentException wrong
        ? HttpProblem.badRequest(String.valueOf(wrong.getMessage()))
        : failure;
  }

  /** One per queue of the port that the frame comes from. */
  private Future<List<WriteThroughCheck>> checks(FrameVerdict verdict) {
    List<QueueId> queues = new ArrayList<>();
    for (PortInfo port : context.ports()) {
      for (int queue = 0; queue < Math.min(port.rxQueues(), QUEUES_MAX); queue++) {
        if (port.name().equals(verdict.inPort())
            && context.rxQueue(port.name(), queue).isPresent()) {
          queues.add(new QueueId(port.name(), queue));
        }
      }
    }
    if (queues.isEmpty()) {
      return Future.succeededFuture(List.of(WriteThroughCheck.notFromNic(verdict)));
    }
    List<Future<WriteThroughCheck>> checks = new ArrayList<>();
    for (QueueId queue : queues) {
      Future<Explanation> explanation =
          bus.request(Addresses.MAPPING_COMMANDS, new MappingCommand.Explain(queue));
      checks.add(explanation.map(why -> WriteThroughCheck.of(verdict, why)));
    }
    return Future.all(checks).map(done -> checks.stream().map(Future::result).toList());
  }

  private static JsonObject json(FrameVerdict verdict, List<WriteThroughCheck> checks) {
    JsonArray lookups = new JsonArray();
    for (FrameVerdict.Lookup lookup : verdict.lookups()) {
      lookups.add(
          new JsonObject()
              .put("fields", lookup.fields())
              .put("rules", lookup.ruleCount())
              .put("step", lookup.step())
              .put("rule", lookup.rule()));
    }
    JsonArray outputs = new JsonArray();
    for (FrameVerdict.Departure departure : verdict.departures()) {
      outputs.add(
          new JsonObject()
              .put("port", departure.port())
              .put("queue_pair", departure.queuePair())
              .put("frame", HexFormat.of().formatHex(departure.frame()))
              .put("copy", departure.copy()));
    }
    JsonArray tables = new JsonArray();
    JsonArray groups = new JsonArray();
    JsonArray meters = new JsonArray();
    for (FrameVerdict.Visit visit : verdict.visits()) {
      switch (visit) {
        case FrameVerdict.TableVisit(int table, var found) ->
            tables.add(
                new JsonObject()
                    .put("table", table)
                    .put("rule", found.map(FlowJson::entry).orElse(null)));
        case FrameVerdict.GroupVisit(var group, var bucket) ->
            groups.add(
                new JsonObject()
                    .put("group_id", group.id())
                    .put("type", group.type().word())
                    .put("bucket_id", bucket.map(FlowGroup.Bucket::id).orElse(null)));
        case FrameVerdict.MeterVisit(var meter) ->
            meters.add(new JsonObject().put("meter", meter.id()));
      }
    }
    JsonArray writeThrough = new JsonArray();
    checks.forEach(check -> writeThrough.add(json(check)));
    return new JsonObject()
        .put("in_port", verdict.inPort())
        .put("frame", HexFormat.of().formatHex(verdict.frame()))
        .put("key", verdict.key())
        .put("unparsed", verdict.unparsed())
        .put("cached_by", new JsonArray(verdict.cachedBy()))
        .put("lookups", lookups)
        .put("rule", verdict.rule().map(FlowJson::entry).orElse(null))
        .put("tables", tables)
        .put("groups", groups)
        .put("meters", meters)
        .put("punted", verdict.punted())
        .put("dropped", verdict.dropped().label())
        .put("outputs", outputs)
        .put("write_through", writeThrough);
  }

  private static JsonObject json(WriteThroughCheck check) {
    JsonObject json = new JsonObject().put("queue", check.queue());
    check
        .arrival()
        .ifPresent(arrival -> {
          JsonArray deliveries = new JsonArray();
          for (Arrival.Delivery delivery : arrival.deliveries()) {
            deliveries.add(
                new JsonObject()
                    .put("port", delivery.port())
                    .put("queue_pair", delivery.queuePair())
                    .put("outcome", delivery.outcome().label())
                    .put("drop_reason", delivery.dropReason().label()));
          }
          json.put("entry", arrival.entry().label())
              .put("outcome", arrival.outcome().map(Outcome::label).orElse(null))
              .put("copy_reason", arrival.copyReason().label())
              .put("drop_reason", arrival.dropReason().label())
              .put("lender", arrival.lender())
              .put("deliveries", deliveries);
        });
    return json.put("written_through", check.writtenThrough())
        .put("detail", check.detail())
        .put("remedy", check.remedy());
  }

  /** One line: whether it comes in, what it counts as, what each output makes of it. */
  private static String text(String queue, Arrival arrival) {
    StringBuilder text = new StringBuilder("queue   ").append(queue).append(": ");
    if (arrival.entry() == Arrival.Entry.MAY_ENTER) {
      text.append("if the NIC's RSS sends it there, ");
    }
    text.append(arrival.fate());
    String separator = ": ";
    for (Arrival.Delivery delivery : arrival.deliveries()) {
      text.append(separator).append(delivery.port());
      if (delivery.queuePair() > 0) {
        text.append(" queue pair ").append(delivery.queuePair());
      }
      text.append(' ').append(delivery.fate());
      separator = ", ";
    }
    return TextTable.printable(text.toString());
  }

  private static String text(FrameVerdict verdict, List<WriteThroughCheck> checks) {
    StringBuilder text = new StringBuilder();
    verdict.text().lines().forEach(line -> text.append(TextTable.printable(line)).append('\n'));
    for (WriteThroughCheck check : checks) {
      check.arrival().ifPresent(arrival -> text.append(text(check.queue(), arrival)).append('\n'));
      text.append("written through from ")
          .append(check.queue())
          .append(check.writtenThrough() ? ": yes, " : ": no, ")
          .append(TextTable.printable(check.detail()))
          .append('\n');
      if (!check.remedy().isEmpty()) {
        text.append("        -> ").append(TextTable.printable(check.remedy())).append('\n');
      }
    }
    return text.toString();
  }
}
