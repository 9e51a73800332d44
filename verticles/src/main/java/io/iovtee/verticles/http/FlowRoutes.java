// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.FlowModParser;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.flows.FlowCommand;
import io.iovtee.verticles.flows.FlowsView;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code /api/v1/flows}: the rule table. */
final class FlowRoutes {
  private static final String PATH = "/api/v1/flows";

  /** Rules in one answer, 4 MB of JSON: for more there are pages. */
  static final int PAGE_RULES_MAX = 10_000;

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
    api.answer(HttpMethod.PATCH, PATH, routes::modify);
    api.answer(HttpMethod.POST, PATH + "/bundle", routes::bundle);
    api.answer(HttpMethod.DELETE, PATH, routes::deleteMatching);
    api.answer(HttpMethod.GET, PATH + "/{id}", routes::get);
    api.answer(HttpMethod.DELETE, PATH + "/{id}", routes::deleteById);
  }

  /** Before whoever else reads bodies: rules and commands in text form may be many. */
  static void addUploads(Router router) {
    Semaphore turns = new Semaphore(RuleUpload.LONG_MAX);
    RuleUpload<FlowRule> rules = new RuleUpload<>(FlowRuleParser::parseRules, turns);
    router.post(PATH).handler(rules);
    router.put(PATH).handler(new RuleUpload<TableMod>(TableModParser::parseEntries, turns));
    router
        .post(PATH + "/bundle")
        .handler(new RuleUpload<TableMod>(TableModParser::parseMods, turns));
  }

  private static List<FlowRule> rules(RoutingContext request) {
    List<FlowRule> read = RuleUpload.said(request);
    return read == null ? FlowJson.rules(RequestBody.of(request)) : read;
  }

  private Future<FlowsView> ask(FlowCommand command) {
    return bus.request(Addresses.FLOW_COMMANDS, command);
  }

  private Future<Answer> list(RoutingContext request) {
    String how = request.request().getParam("view", "table");
    Function<FlowsView, String> text =
        switch (how) {
          case "rules" -> FlowJson::rules;
          case "dump" -> FlowDump::text;
          case "table" -> FlowJson::table;
          default -> throw HttpProblem.badRequest("view must be table, rules or dump: view=" + how);
        };
    int limit = (int) number(request, "limit", 1, PAGE_RULES_MAX, PAGE_RULES_MAX);
    long from = number(request, "from", 0, Long.MAX_VALUE, 0);
    return ask(new FlowCommand.Page(from, limit))
        .map(view -> {
          Answer answer = Answer.ok(() -> FlowJson.view(view), () -> text.apply(view));
          if (view.next().isPresent()) {
            String next =
                "<%s?from=%d&limit=%d&view=%s>; rel=\"next\""
                    .formatted(PATH, view.next().getAsLong(), limit, how);
            answer = answer.with("Link", next);
          }
          return tagged(answer, view);
        });
  }

  private static long number(
      RoutingContext request, String name, long min, long max, long otherwise) {
    String text = request.request().getParam(name);
    if (text == null) {
      return otherwise;
    }
    long number = text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    if (number < min || number > max) {
      throw HttpProblem.badRequest(
          "%s must be a number, %d to %d: %s=%s".formatted(name, min, max, name, text));
    }
    return number;
  }

  private Future<Answer> get(RoutingContext request) {
    return ask(new FlowCommand.One(id(request)))
        .map(view ->
            tagged(
                Answer.ok(FlowJson.entry(view.entries().getFirst()), () -> FlowJson.table(view)),
                view));
  }

  private Future<Answer> add(RoutingContext request) {
    List<FlowRule> rules = rules(request);
    if (rules.isEmpty()) {
      throw HttpProblem.badRequest("the body names no rule");
    }
    List<FlowMod> mods = rules.stream().<FlowMod>map(FlowMod.Add::new).toList();
    return ask(new FlowCommand.Change(mods, expectedVersion(request)))
        .map(view -> {
          boolean single = view.count() == 1;
          String location = single ? PATH + "/" + view.entries().getFirst().id() : PATH;
          return tagged(
              Answer.created(() -> FlowJson.changed(view), () -> said("added", view), location),
              view);
        });
  }

  private Future<Answer> replace(RoutingContext request) {
    if (request.request().getHeader("If-Match") == null) {
      throw HttpProblem.versionWanted(
          "replacing all rules needs If-Match: the ETag of GET " + PATH + ", or * for any");
    }
    TableContent content = content(request);
    String what = "replaced the table by" + groupsIn(content);
    int rules = content.rules().size(); // the answer counts those that went, too
    return ask(new FlowCommand.Replace(content, expectedVersion(request)))
        .map(view ->
            tagged(Answer.ok(() -> FlowJson.changed(view), () -> said(what, rules, view)), view));
  }

  private static TableContent content(RoutingContext request) {
    List<TableMod> read = RuleUpload.said(request);
    try {
      return read == null ? TableModJson.content(RequestBody.of(request)) : TableContent.of(read);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static String groupsIn(TableContent content) {
    return content
        .groups()
        .map(all ->
            " %s, %s and"
                .formatted(
                    counted(all.groups().size(), "group"), counted(all.meters().size(), "meter")))
        .orElse("");
  }

  private Future<Answer> modify(RoutingContext request) {
    boolean strict = flag(request, "strict");
    List<FlowMod> mods = TableModJson.modifications(RequestBody.of(request), strict);
    if (mods.isEmpty()) {
      throw HttpProblem.badRequest("the body names no rule");
    }
    return carryOut(request, mods, "modified");
  }

  private Future<Answer> bundle(RoutingContext request) {
    List<TableMod> read = RuleUpload.said(request);
    List<TableMod> mods = read == null ? TableModJson.mods(RequestBody.of(request)) : read;
    if (mods.isEmpty()) {
      throw HttpProblem.badRequest("the body names no command");
    }
    return carryOut(
        request, mods, "carried out " + counted(mods.size(), "command") + ", which named");
  }

  private Future<Answer> carryOut(
      RoutingContext request, List<? extends TableMod> mods, String what) {
    return ask(new FlowCommand.Change(mods, expectedVersion(request)))
        .map(view -> tagged(Answer.ok(() -> FlowJson.changed(view), () -> said(what, view)), view));
  }

  static boolean flag(RoutingContext request, String name) {
    String text = request.request().getParam(name);
    if (text != null && !text.equals("true") && !text.equals("false")) {
      throw HttpProblem.badRequest(name + " must be true or false: " + name + "=" + text);
    }
    return "true".equals(text);
  }

  private Future<Answer> deleteById(RoutingContext request) {
    long id = id(request);
    return deleted(request, List.of(new FlowMod.DeleteId(id)), "no rule has this id: id=" + id);
  }

  private Future<Answer> deleteMatching(RoutingContext request) {
    String text = request.request().getParam("match");
    if (text == null) {
      throw HttpProblem.badRequest(
          "name the rules: ?match=in_port=uplink,dl_dst=… deletes those with exactly this match,"
              + " with priority=… in it only that one; to delete all of them PUT an empty table");
    }
    boolean loose = flag(request, "loose");
    List<FlowMod> mods;
    try {
      mods = FlowModParser.parseDeletion(text, loose);
    } catch (FlowSyntaxException e) {
      throw HttpProblem.badRequest(
          "match, column " + e.column() + ": " + e.text() + ": " + e.problem());
    }
    return deleted(
        request,
        mods,
        loose
            ? "no rule has this match or a narrower one"
            : "no rule has exactly this match; the list tells those there are");
  }

  private Future<Answer> deleted(RoutingContext request, List<FlowMod> mods, String ifNone) {
    return ask(new FlowCommand.Change(mods, expectedVersion(request)))
        .map(view -> {
          if (view.count() == 0) {
            throw HttpProblem.notFound(ifNone + "; see GET " + PATH);
          }
          return tagged(Answer.ok(() -> FlowJson.changed(view), () -> said("deleted", view)), view);
        });
  }

  private static String said(String what, FlowsView view) {
    return said(what, view.count(), view);
  }

  /** A number and what there are so many of. */
  static String counted(int count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static String said(String what, int count, FlowsView view) {
    return what
        + " "
        + counted(count, "rule")
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

  static long expectedVersion(RoutingContext request) {
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
