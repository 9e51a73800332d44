// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.PortName;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What ports and mirrors have in common in HTTP: they are read, added and removed by name.
 *
 * @param <T> a port or mirror as it is now
 */
final class NamedRoutes<T> {
  private final Kind<T> kind;
  private final Vertx vertx;

  /**
   * One of the two. Reading and changing may block.
   *
   * @param what one is called; all of them with an s
   * @param add adds one as a configuration describes it
   * @param remove returns false where there is none
   */
  record Kind<T>(
      String what,
      Supplier<List<T>> all,
      Function<T, String> name,
      BiConsumer<String, Map<String, Object>> add,
      Predicate<String> remove,
      Function<T, JsonObject> json,
      Function<List<T>, String> table) {

    private String plural() {
      return what + "s";
    }

    private String path() {
      return "/api/v1/" + plural();
    }

    private T named(String wanted) {
      return all.get().stream()
          .filter(one -> name.apply(one).equals(wanted))
          .findFirst()
          .orElseThrow(() -> absent(wanted));
    }

    private HttpProblem absent(String wanted) {
      return HttpProblem.notFound(
          "no %s has this name: name=%s; see GET %s".formatted(what, wanted, path()));
    }
  }

  NamedRoutes(Kind<T> kind, Vertx vertx) {
    this.kind = kind;
    this.vertx = vertx;
  }

  void add(ApiRouter api) {
    String one = kind.path() + "/{name}";
    api.answer(HttpMethod.GET, kind.path(), request -> list());
    api.answer(HttpMethod.GET, one, this::get);
    api.answer(HttpMethod.POST, one, this::create);
    api.answer(HttpMethod.DELETE, one, this::remove);
  }

  /** Not behind changes, which may take long. */
  private <R> Future<R> read(Supplier<R> reading) {
    return vertx.executeBlocking(reading::get, false);
  }

  private Future<Answer> list() {
    return read(kind.all)
        .map(all -> {
          JsonArray json = new JsonArray();
          all.forEach(one -> json.add(kind.json.apply(one)));
          return Answer.ok(new JsonObject().put(kind.plural(), json), () -> kind.table.apply(all));
        });
  }

  private Future<Answer> get(RoutingContext request) {
    String name = request.pathParam("name");
    return read(() -> kind.named(name))
        .map(one -> Answer.ok(kind.json.apply(one), () -> kind.table.apply(List.of(one))));
  }

  private Future<Answer> create(RoutingContext request) {
    String name = request.pathParam("name");
    try {
      PortName.check(name);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
    }
    Map<String, Object> config = RequestBody.of(request).object().plain();
    return vertx
        .executeBlocking(() -> {
          kind.add.accept(name, config);
          return kind.named(name);
        })
        .recover(failure -> Future.failedFuture(refusal(failure)))
        .map(added ->
            Answer.created(
                kind.json.apply(added),
                () -> "added " + kind.what + " " + name + "\n",
                kind.path() + "/" + name));
  }

  private Future<Answer> remove(RoutingContext request) {
    String name = request.pathParam("name");
    return vertx
        .executeBlocking(() -> kind.remove.test(name))
        .recover(failure -> Future.failedFuture(refusal(failure)))
        .map(removed -> {
          if (!removed) {
            throw kind.absent(name);
          }
          return Answer.ok(
              new JsonObject().put("removed", name),
              () -> "removed " + kind.what + " " + name + "\n");
        });
  }

  /** What a refused change means. */
  private static Throwable refusal(Throwable failure) {
    String why = String.valueOf(failure.getMessage());
    if (failure instanceof IllegalArgumentException) {
      return HttpProblem.invalid(why);
    }
    return failure instanceof IllegalStateException ? HttpProblem.conflict(why) : failure;
  }
}
