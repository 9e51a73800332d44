// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.store.GroupMod;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.flows.GroupCommand;
import io.iovtee.verticles.flows.GroupsView;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * What groups and meters have in common in HTTP: rules name them by number, and they are read and
 * changed alike.
 *
 * @param <T> a group or meter as it is written
 * @param <E> with its counters
 */
final class NumberedRoutes<T, E> {
  private final Kind<T, E> kind;
  private final LocalBus bus;

  /**
   * One of the two.
   *
   * @param what it is called
   * @param reader of bodies
   * @param text as it is read back
   */
  record Kind<T, E>(
      String path,
      String what,
      Function<RequestBody, List<T>> reader,
      Function<T, String> text,
      Function<T, Long> id,
      Function<T, GroupMod> add,
      Function<T, GroupMod> put,
      LongFunction<GroupMod> delete,
      Function<GroupsView, List<E>> entries,
      Function<E, T> written,
      Function<GroupsView, JsonObject> json,
      Function<E, JsonObject> one,
      Function<List<E>, String> table) {}

  NumberedRoutes(Kind<T, E> kind, LocalBus bus) {
    this.kind = kind;
    this.bus = bus;
  }

  void add(ApiRouter api) {
    String one = kind.path + "/{id}";
    api.answer(HttpMethod.GET, kind.path, this::list);
    api.answer(HttpMethod.POST, kind.path, this::create);
    api.answer(HttpMethod.GET, one, this::get);
    api.answer(HttpMethod.PUT, one, this::put);
    api.answer(HttpMethod.DELETE, one, request -> changed(request, kind.delete.apply(id(request))));
  }

  private Future<GroupsView> read() {
    return bus.request(Addresses.GROUP_COMMANDS, new GroupCommand.Read());
  }

  private Future<GroupsView> change(RoutingContext request, List<GroupMod> mods) {
    return bus.request(
        Addresses.GROUP_COMMANDS,
        new GroupCommand.Change(mods, FlowRoutes.expectedVersion(request)));
  }

  private Future<Answer> list(RoutingContext request) {
    String how = request.request().getParam("view", "table");
    Function<List<E>, String> text =
        switch (how) {
          case "table" -> kind.table;
          case "dump" -> this::dump;
          default -> throw HttpProblem.badRequest("view must be table or dump: view=" + how);
        };
    return read()
        .map(view ->
            tagged(
                Answer.ok(kind.json.apply(view), () -> text.apply(kind.entries.apply(view))),
                view));
  }

  private String dump(List<E> entries) {
    StringBuilder lines = new StringBuilder();
    for (E entry : entries) {
      lines.append(kind.text.apply(kind.written.apply(entry))).append('\n');
    }
    return lines.toString();
  }

  private Future<Answer> create(RoutingContext request) {
    List<GroupMod> mods =
        kind.reader.apply(RequestBody.of(request)).stream().map(kind.add).toList();
    if (mods.isEmpty()) {
      throw HttpProblem.badRequest("the body names no " + kind.what);
    }
    return change(request, mods)
        .map(view ->
            tagged(Answer.created(kind.json.apply(view), () -> said(view), kind.path), view));
  }

  private Future<Answer> get(RoutingContext request) {
    long id = id(request);
    return read()
        .map(view -> {
          E found =
              kind.entries.apply(view).stream()
                  .filter(entry -> kind.id.apply(kind.written.apply(entry)) == id)
                  .findFirst()
                  .orElseThrow(
                      () -> HttpProblem.notFound("there is no %s %d".formatted(kind.what, id)));
          return tagged(
              Answer.ok(kind.one.apply(found), () -> kind.table.apply(List.of(found))), view);
        });
  }

  private Future<Answer> put(RoutingContext request) {
    List<T> read = kind.reader.apply(RequestBody.of(request));
    if (read.size() != 1 || kind.id.apply(read.getFirst()) != id(request)) {
      throw HttpProblem.badRequest(
          "the body must be one %s, with the number of the path: %d"
              .formatted(kind.what, id(request)));
    }
    return changed(request, kind.put.apply(read.getFirst()));
  }

  /** Carries a command out, and answers with all that there are then. */
  Future<Answer> changed(RoutingContext request, GroupMod mod) {
    return change(request, List.of(mod))
        .map(view -> tagged(Answer.ok(kind.json.apply(view), () -> said(view)), view));
  }

  private static String said(GroupsView view) {
    return "the switch has %s and %s, version %d%n"
        .formatted(
            FlowRoutes.counted(view.groups().size(), "group"),
            FlowRoutes.counted(view.meters().size(), "meter"),
            view.version());
  }

  private static Answer tagged(Answer answer, GroupsView view) {
    return answer.with("ETag", "\"" + view.version() + "\"");
  }

  /** The number in the path. */
  static long id(RoutingContext request) {
    String text = request.pathParam("id");
    if (!text.matches("\\d{1,10}")) {
      throw HttpProblem.notFound("groups and meters have numbers: " + text);
    }
    return Long.parseLong(text);
  }
}
