// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowModParser;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.cluster.ClusterCommand;
import io.iovtee.verticles.cluster.ClusterView;
import io.vertx.core.Future;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/** {@code /api/v1/cluster}: the other members, and the rules that all have. */
final class ClusterRoutes {
  private static final String PATH = "/api/v1/cluster";
  private static final String FLOWS = PATH + "/flows";

  private final LocalBus bus;

  private ClusterRoutes(LocalBus bus) {
    this.bus = bus;
  }

  static void add(ApiRouter api, LocalBus bus) {
    ClusterRoutes routes = new ClusterRoutes(bus);
    api.answer(HttpMethod.GET, PATH, request -> routes.get());
    api.answer(HttpMethod.GET, PATH + "/members/{name}", routes::member);
    api.answer(HttpMethod.GET, FLOWS, request -> routes.list());
    api.answer(HttpMethod.POST, FLOWS, routes::add);
    api.answer(HttpMethod.PUT, FLOWS, routes::replace);
    api.answer(HttpMethod.DELETE, FLOWS, routes::delete);
  }

  /** The cluster; nothing where none is configured. */
  static Future<Optional<ClusterView>> look(LocalBus bus) {
    return bus.<ClusterView>request(Addresses.CLUSTER_COMMANDS, new ClusterCommand.Look())
        .map(Optional::of)
        .recover(failure ->
            isNobodyThere(failure)
                ? Future.succeededFuture(Optional.empty())
                : Future.failedFuture(failure));
  }

  private static boolean isNobodyThere(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private static HttpProblem noCluster() {
    return HttpProblem.notFound(
        "this switch is in no cluster: plugins.iovtee.cluster is not in its configuration");
  }

  private Future<ClusterView> look() {
    return look(bus).map(view -> view.orElseThrow(ClusterRoutes::noCluster));
  }

  private Future<Answer> get() {
    return look(bus)
        .map(found ->
            found
                .map(view -> Answer.ok(() -> ClusterJson.view(view), () -> ClusterJson.table(view)))
                .orElseGet(
                    () -> Answer.ok(ClusterJson.none(), () -> noCluster().getMessage() + "\n")));
  }

  private Future<Answer> member(RoutingContext request) {
    String name = request.pathParam("name");
    return look()
        .map(view ->
            view.members().stream()
                .filter(row -> row.name().equals(name))
                .findFirst()
                .map(row ->
                    Answer.ok(
                        () -> ClusterJson.member(row, view), () -> ClusterJson.details(row, view)))
                .orElseThrow(() ->
                    HttpProblem.notFound(
                        "no member has this name: name=%s; see GET %s".formatted(name, PATH))));
  }

  private Future<Answer> list() {
    return look()
        .map(view ->
            tagged(
                Answer.ok(
                    () -> ClusterJson.rules(view.rules()),
                    () -> ClusterJson.rulesText(view.rules())),
                view.rules().version()));
  }

  private static Answer tagged(Answer answer, long version) {
    return answer.with("ETag", "\"" + version + "\"");
  }

  private Future<Answer> add(RoutingContext request) {
    List<FlowRule> rules = FlowJson.rules(RequestBody.of(request));
    if (rules.isEmpty()) {
      throw HttpProblem.badRequest("the body names no rule");
    }
    List<FlowMod> mods = rules.stream().<FlowMod>map(FlowMod.Add::new).toList();
    long expected = FlowRoutes.expectedVersion(request);
    return ask(new ClusterCommand.Change(mods, expected)).map(done -> changed("added", done));
  }

  private Future<Answer> replace(RoutingContext request) {
    if (request.request().getHeader("If-Match") == null) {
      throw HttpProblem.versionWanted(
          "replacing all rules needs If-Match: the ETag of GET " + FLOWS + ", or * for any");
    }
    List<FlowRule> rules = FlowJson.rules(RequestBody.of(request));
    long expected = FlowRoutes.expectedVersion(request);
    return ask(new ClusterCommand.Replace(rules, expected))
        .map(done -> changed("replaced all rules by", done));
  }

  private Future<Answer> delete(RoutingContext request) {
    String text = request.request().getParam("match");
    if (text == null) {
      throw HttpProblem.badRequest(
          "name the rules: ?match=in_port=uplink,dl_dst=…; to delete all PUT an empty list");
    }
    boolean loose = FlowRoutes.flag(request, "loose");
    List<FlowMod> mods;
    try {
      mods = FlowModParser.parseDeletion(text, loose);
    } catch (FlowSyntaxException e) {
      throw HttpProblem.badRequest(
          "match, column " + e.column() + ": " + e.text() + ": " + e.problem());
    }
    long expected = FlowRoutes.expectedVersion(request);
    return ask(new ClusterCommand.Change(mods, expected))
        .map(done -> {
          if (done.count() == 0) {
            throw HttpProblem.notFound("no cluster rule has this match; see GET " + FLOWS);
          }
          return changed("deleted", done);
        });
  }

  private Future<ClusterCommand.Changed> ask(ClusterCommand command) {
    return bus.<ClusterCommand.Changed>request(Addresses.CLUSTER_COMMANDS, command)
        .recover(failure -> Future.failedFuture(isNobodyThere(failure) ? noCluster() : failure));
  }

  private static Answer changed(String what, ClusterCommand.Changed done) {
    long version = done.rules().version();
    Answer answer =
        Answer.ok(
            () -> ClusterJson.rules(done.rules()).put("changed", done.count()),
            () ->
                "%s %s; the cluster has %d, version %d%n"
                    .formatted(
                        what,
                        FlowRoutes.counted(done.count(), "rule"),
                        done.rules().rules().size(),
                        version));
    return tagged(answer, version);
  }
}
