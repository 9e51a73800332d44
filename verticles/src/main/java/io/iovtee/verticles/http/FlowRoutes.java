// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.flows.FlowCommand;
import io.iovtee.verticles.flows.FlowsView;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code /api/v1/flows}: the rule table. */
final class FlowRoutes {
  private static final String PATH = "/api/v1/flows";
  private static final Pattern ENTITY_TAG = Pattern.compile("\"(\\d{1,18})\"");

  private final LocalBus bus;

  private FlowRoutes(LocalBus bus) {
    this.bus = bus;
  }

  static void add(ApiRouter api, LocalBus bus) {
    FlowRoutes routes = new FlowRoutes(bus);
    api.answer(HttpMethod.GET, PATH, routes::list);
    api.answer(HttpMethod.POST, PATH, routes::add);
    api.answer(HttpMethod.PUT, PATH, routes::replace);
    api.answer(HttpMethod.DELETE, PATH, routes::deleteMatching);
    api.answer(HttpMethod.GET, PATH + "/{id}", routes::get);
    api.answer(HttpMethod.DELETE, PATH + "/{id}", routes::deleteById);
  }

  private Future<FlowsView> ask(FlowCommand command) {
    return bus.request(Addresses.FLOW_COMMANDS, command);
  }

  private Future<Answer> list(RoutingContext request) {
    boolean rulesOnly = "rules".equals(request.request().getParam("view"));
    return ask(new FlowCommand.ListAll())
        .map(view ->
            tagged(
                Answer.ok(
                    FlowJson.view(view),
                    () -> rulesOnly ? FlowJson.rules(view) : FlowJson.table(view)),
                view));
  }

  private Future<Answer> get(RoutingContext request) {
    long id = id(request);
    return ask(new FlowCommand.ListAll())
        .map(view -> {
          FlowEntry entry =
              view.entries().stream()
                  .filter(one -> one.id() == id)
                  .findFirst()
                  .orElseThrow(() -> HttpProblem.notFound("no rule has this id: id=" + id));
          FlowsView one = new FlowsView(view.version(), List.of(entry), view.total());
          return tagged(Answer.ok(FlowJson.entry(entry), () -> FlowJson.table(one)), view);
        });
  }

  private Future<Answer> add(RoutingContext request) {
    List<FlowRule> rules = FlowJson.rules(RequestBody.of(request));
    if (rules.isEmpty()) {
      throw HttpProblem.badRequest("the body names no rule");
    }
    return ask(new FlowCommand.Add(rules, expectedVersion(request)))
        .map(view -> {
          boolean single = view.entries().size() == 1;
          String location = single ? PATH + "/" + view.entries().getFirst().id() : PATH;
          return tagged(
              Answer.created(FlowJson.view(view), () -> said("added", view), location), view);
        });
  }

  private Future<Answer> replace(RoutingContext request) {
    if (request.request().getHeader("If-Match") == null) {
      throw HttpProblem.versionWanted(
          "replacing all rules needs If-Match: the ETag of GET " + PATH + ", or * for any");
    }
    List<FlowRule> rules = FlowJson.rules(RequestBody.of(request));
    return ask(new FlowCommand.Replace(rules, expectedVersion(request)))
        .map(view ->
            tagged(
                Answer.ok(FlowJson.view(view), () -> said("replaced the table by", view)), view));
  }

  private Future<Answer> deleteById(RoutingContext request) {
    return deleted(new FlowCommand.DeleteById(id(request), expectedVersion(request)));
  }

  private Future<Answer> deleteMatching(RoutingContext request) {
    String text = request.request().getParam("match");
    if (text == null) {
      throw HttpProblem.badRequest(
          "name the rules: ?match=in_port=uplink,dl_dst=… deletes those with exactly this match,"
              + " with priority=… in it only that one; to delete all of them PUT an empty table");
    }
    FlowRule rule;
    try {
      rule = FlowRuleParser.parseRule(text.isEmpty() ? "actions=drop" : text + ",actions=drop");
    } catch (FlowSyntaxException e) {
      throw HttpProblem.badRequest(
          "match, column " + e.column() + ": " + e.text() + ": " + e.problem());
    }
    boolean named = text.contains("priority=");
    String how = request.request().getParam("loose");
    if (how != null && !how.equals("true") && !how.equals("false")) {
      throw HttpProblem.badRequest("loose must be true or false: loose=" + how);
    }
    boolean loose = "true".equals(how);
    return deleted(
        new FlowCommand.DeleteMatching(
            rule.match(),
            named ? OptionalInt.of(rule.priority()) : OptionalInt.empty(),
            loose,
            expectedVersion(request)));
  }

  private Future<Answer> deleted(FlowCommand command) {
    return ask(command)
        .map(view -> tagged(Answer.ok(FlowJson.view(view), () -> said("deleted", view)), view));
  }

  private static String said(String what, FlowsView view) {
    int count = view.entries().size();
    return what
        + " "
        + count
        + (count == 1 ? " rule" : " rules")
        + "; the table has "
        + view.total()
        + ", version "
        + view.version()
        + "\n";
  }

  private static Answer tagged(Answer answer, FlowsView view) {
    return answer.with("ETag", "\"" + view.version() + "\"");
  }

  private static long id(RoutingContext request) {
    String text = request.pathParam("id");
    if (!text.matches("\\d{1,18}")) {
      throw HttpProblem.notFound("a rule's id is a number: id=" + text);
    }
    return Long.parseLong(text);
  }

  private static long expectedVersion(RoutingContext request) {
    String header = request.request().getHeader("If-Match");
    if (header == null || header.strip().equals("*")) {
      return FlowCommand.ANY_VERSION;
    }
    Matcher tag = ENTITY_TAG.matcher(header.strip());
    if (!tag.matches()) {
      throw HttpProblem.badRequest(
          "If-Match must be one ETag of this API, as \"7\", or *: If-Match=" + header);
    }
    return Long.parseLong(tag.group(1));
  }
}
