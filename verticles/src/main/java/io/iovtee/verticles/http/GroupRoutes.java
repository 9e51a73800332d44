// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import io.iovtee.flow.BucketPlace;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import io.iovtee.flow.text.GroupModTree;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.GroupTree;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.flows.GroupsView;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Supplier;

/** {@code /api/v1/groups} with their buckets, and {@code /api/v1/meters}: what rules name. */
final class GroupRoutes {
  private static final NumberedRoutes.Kind<FlowGroup, GroupEntry> GROUPS =
      new NumberedRoutes.Kind<>(
          "/api/v1/groups",
          "group",
          body -> GroupJson.read(body, GroupSyntax::parseGroups, GroupTree::read),
          GroupSyntax::format,
          FlowGroup::id,
          GroupMod.AddGroup::new,
          group -> new GroupMod.ModifyGroup(group, true),
          GroupMod.DeleteGroup::new,
          GroupsView::groups,
          GroupEntry::group,
          GroupJson::groups,
          GroupJson::group,
          GroupJson::groupTable);

  private static final NumberedRoutes.Kind<FlowMeter, MeterEntry> METERS =
      new NumberedRoutes.Kind<>(
          "/api/v1/meters",
          "meter",
          body -> GroupJson.read(body, MeterSyntax::parseMeters, MeterSyntax::read),
          MeterSyntax::format,
          FlowMeter::id,
          GroupMod.AddMeter::new,
          meter -> new GroupMod.ModifyMeter(meter, true),
          GroupMod.DeleteMeter::new,
          GroupsView::meters,
          MeterEntry::meter,
          GroupJson::meters,
          GroupJson::meter,
          GroupJson::meterTable);

  private static final String BUCKETS = GROUPS.path() + "/{id}/buckets";

  private final NumberedRoutes<FlowGroup, GroupEntry> groups;

  private GroupRoutes(NumberedRoutes<FlowGroup, GroupEntry> groups) {
    this.groups = groups;
  }

  static void add(ApiRouter api, LocalBus bus) {
    GroupRoutes routes = new GroupRoutes(new NumberedRoutes<>(GROUPS, bus));
    routes.groups.add(api);
    api.answer(HttpMethod.POST, BUCKETS, routes::insertBuckets);
    api.answer(HttpMethod.DELETE, BUCKETS, routes::removeBuckets);
    new NumberedRoutes<>(METERS, bus).add(api);
  }

  private Future<Answer> insertBuckets(RoutingContext request) {
    RequestBody body = RequestBody.of(request);
    long id = NumberedRoutes.id(request);
    GroupMod.InsertBuckets mod =
        refused(() ->
            body.isJson()
                ? GroupModTree.insertion(body.object().plain(), id)
                : GroupSyntax.parseInsertion(withId(body.text(), id)));
    if (mod.id() != id) {
      throw HttpProblem.badRequest("the body names group %d, the path %d".formatted(mod.id(), id));
    }
    return groups.changed(request, mod);
  }

  private static String withId(String text, long id) {
    return text.contains("group_id=") ? text : "group_id=" + id + "," + text;
  }

  private Future<Answer> removeBuckets(RoutingContext request) {
    String place = request.request().getParam("command_bucket_id");
    if (place == null) {
      throw HttpProblem.badRequest("command_bucket_id must be first, last, all or a bucket_id");
    }
    BucketPlace meant = refused(() -> GroupSyntax.parsePlace(place));
    return groups.changed(request, new GroupMod.RemoveBuckets(NumberedRoutes.id(request), meant));
  }

  private static <T> T refused(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (FlowTreeException e) {
      throw HttpProblem.badField(e.pointer(), e.problem());
    } catch (FlowSyntaxException | IllegalArgumentException e) {
      throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
    }
  }
}
