// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.GroupTree;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.flows.GroupCommand;
import io.iovtee.verticles.flows.GroupsView;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/** {@code /api/v1/groups} and {@code /api/v1/meters}: what rules name. */
final class GroupRoutes {
  private static final String GROUPS = "/api/v1/groups";
  private static final String METERS = "/api/v1/meters";

  private final LocalBus bus;

  private GroupRoutes(LocalBus bus) {
    this.bus = bus;
  }

  static void add(ApiRouter api, LocalBus bus) {
    GroupRoutes routes = new GroupRoutes(bus);
    api.answer(HttpMethod.GET, GROUPS, request -> routes.read().map(GroupRoutes::groups));
    api.answer(HttpMethod.POST, GROUPS, routes::addGroups);
    api.answer(HttpMethod.GET, GROUPS + "/{id}", routes::getGroup);
    api.answer(HttpMethod.PUT, GROUPS + "/{id}", routes::putGroup);
    api.answer(HttpMethod.DELETE, GROUPS + "/{id}", routes::deleteGroup);
    api.answer(HttpMethod.GET, METERS, request -> routes.read().map(GroupRoutes::meters));
    api.answer(HttpMethod.POST, METERS, routes::addMeters);
    api.answer(HttpMethod.GET, METERS + "/{id}", routes::getMeter);
    api.answer(HttpMethod.PUT, METERS + "/{id}", routes::putMeter);
    api.answer(HttpMethod.DELETE, METERS + "/{id}", routes::deleteMeter);
  }

  private Future<GroupsView> read() {
    return bus.request(Addresses.GROUP_COMMANDS, new GroupCommand.Read());
  }

  private Future<GroupsView> change(RoutingContext request, List<GroupMod> mods) {
    if (mods.isEmpty()) {
      throw HttpProblem.badRequest("the body names nothing");
    }
    return bus.request(
        Addresses.GROUP_COMMANDS,
        new GroupCommand.Change(mods, FlowRoutes.expectedVersion(request)));
  }

  // ---- groups --------------------------------------------------------------------------------

  private static Answer groups(GroupsView view) {
    return tagged(
        Answer.ok(GroupJson.groups(view), () -> GroupJson.groupTable(view.groups())), view);
  }

  private static List<FlowGroup> groupsOf(RoutingContext request) {
    return GroupJson.read(RequestBody.of(request), GroupSyntax::parseGroups, GroupTree::read);
  }

  private Future<Answer> addGroups(RoutingContext request) {
    List<GroupMod> mods = groupsOf(request).stream().<GroupMod>map(GroupMod.AddGroup::new).toList();
    return change(request, mods)
        .map(
            view -> tagged(Answer.created(GroupJson.groups(view), () -> said(view), GROUPS), view));
  }

  private Future<Answer> getGroup(RoutingContext request) {
    long id = id(request);
    return read()
        .map(view -> {
          GroupEntry found =
              view.groups().stream()
                  .filter(entry -> entry.group().id() == id)
                  .findFirst()
                  .orElseThrow(() -> HttpProblem.notFound("there is no group " + id));
          return tagged(
              Answer.ok(GroupJson.group(found), () -> GroupJson.groupTable(List.of(found))), view);
        });
  }

  private Future<Answer> putGroup(RoutingContext request) {
    List<FlowGroup> groups = groupsOf(request);
    if (groups.size() != 1 || groups.getFirst().id() != id(request)) {
      throw HttpProblem.badRequest(
          "the body must be one group, with the group_id of the path: " + id(request));
    }
    return change(request, List.of(new GroupMod.ModifyGroup(groups.getFirst(), true)))
        .map(view -> tagged(Answer.ok(GroupJson.groups(view), () -> said(view)), view));
  }

  private Future<Answer> deleteGroup(RoutingContext request) {
    return change(request, List.of(new GroupMod.DeleteGroup(id(request))))
        .map(view -> tagged(Answer.ok(GroupJson.groups(view), () -> said(view)), view));
  }

  // ---- meters --------------------------------------------------------------------------------

  private static Answer meters(GroupsView view) {
    return tagged(
        Answer.ok(GroupJson.meters(view), () -> GroupJson.meterTable(view.meters())), view);
  }

  private static List<FlowMeter> metersOf(RoutingContext request) {
    return GroupJson.read(RequestBody.of(request), MeterSyntax::parseMeters, MeterSyntax::read);
  }

  private Future<Answer> addMeters(RoutingContext request) {
    List<GroupMod> mods = metersOf(request).stream().<GroupMod>map(GroupMod.AddMeter::new).toList();
    return change(request, mods)
        .map(
            view -> tagged(Answer.created(GroupJson.meters(view), () -> said(view), METERS), view));
  }

  private Future<Answer> getMeter(RoutingContext request) {
    long id = id(request);
    return read()
        .map(view -> {
          MeterEntry found =
              view.meters().stream()
                  .filter(entry -> entry.meter().id() == id)
                  .findFirst()
                  .orElseThrow(() -> HttpProblem.notFound("there is no meter " + id));
          return tagged(
              Answer.ok(GroupJson.meter(found), () -> GroupJson.meterTable(List.of(found))), view);
        });
  }

  private Future<Answer> putMeter(RoutingContext request) {
    List<FlowMeter> meters = metersOf(request);
    if (meters.size() != 1 || meters.getFirst().id() != id(request)) {
      throw HttpProblem.badRequest(
          "the body must be one meter, with the number of the path: " + id(request));
    }
    return change(request, List.of(new GroupMod.ModifyMeter(meters.getFirst(), true)))
        .map(view -> tagged(Answer.ok(GroupJson.meters(view), () -> said(view)), view));
  }

  private Future<Answer> deleteMeter(RoutingContext request) {
    return change(request, List.of(new GroupMod.DeleteMeter(id(request))))
        .map(view -> tagged(Answer.ok(GroupJson.meters(view), () -> said(view)), view));
  }

  private static String said(GroupsView view) {
    return "the switch has %d groups and %d meters, version %d%n"
        .formatted(view.groups().size(), view.meters().size(), view.version());
  }

  private static Answer tagged(Answer answer, GroupsView view) {
    return answer.with("ETag", "\"" + view.version() + "\"");
  }

  private static long id(RoutingContext request) {
    String text = request.pathParam("id");
    if (!text.matches("\\d{1,10}")) {
      throw HttpProblem.notFound("groups and meters have numbers: " + text);
    }
    return Long.parseLong(text);
  }
}
