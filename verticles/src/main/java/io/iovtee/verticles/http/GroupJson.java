// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.GroupTable.BandEntry;
import io.iovtee.api.GroupTable.BucketEntry;
import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.GroupTree;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.verticles.flows.GroupsView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Groups and meters as JSON with OVS's names, and as tables for people. */
final class GroupJson {
  private GroupJson() {}

  static JsonObject groups(GroupsView view) {
    JsonArray groups = new JsonArray();
    view.groups().forEach(entry -> groups.add(group(entry)));
    return new JsonObject().put("version", view.version()).put("groups", groups);
  }

  static JsonObject group(GroupEntry entry) {
    JsonObject json = new JsonObject();
    GroupTree.of(entry.group()).forEach(json::put);
    JsonArray counters = new JsonArray();
    for (BucketEntry bucket : entry.buckets()) {
      counters.add(
          new JsonObject()
              .put("bucket_id", bucket.bucket().id())
              .put("live", bucket.live())
              .put("packets", bucket.packets())
              .put("bytes", bucket.bytes()));
    }
    return json.put("group", GroupSyntax.format(entry.group()))
        .put("counters", counters)
        .put("packets", entry.packets())
        .put("bytes", entry.bytes())
        .put("rules", entry.rules())
        .put("age_ms", entry.ageMs());
  }

  static String groupTable(List<GroupEntry> groups) {
    TextTable table = new TextTable("GROUP", "RULES", "PACKETS", "BYTES", "LIVE", "BUCKET");
    for (GroupEntry entry : groups) {
      String head = entry.group().id() + " " + entry.group().type().word();
      table.row(head, entry.rules(), entry.packets(), entry.bytes(), "", "");
      for (BucketEntry bucket : entry.buckets()) {
        table.row(
            "",
            "",
            bucket.packets(),
            bucket.bytes(),
            bucket.live() ? "yes" : "no",
            GroupSyntax.format(bucket.bucket(), entry.group().type()));
      }
    }
    return table.toString();
  }

  static JsonObject meters(GroupsView view) {
    JsonArray meters = new JsonArray();
    view.meters().forEach(entry -> meters.add(meter(entry)));
    return new JsonObject().put("version", view.version()).put("meters", meters);
  }

  static JsonObject meter(MeterEntry entry) {
    JsonObject json = new JsonObject();
    MeterSyntax.tree(entry.meter()).forEach(json::put);
    JsonArray counters = new JsonArray();
    for (BandEntry band : entry.bands()) {
      counters.add(
          new JsonObject()
              .put("type", band.band().type().word())
              .put("rate", band.band().rate())
              .put("packets", band.packets())
              .put("bytes", band.bytes()));
    }
    return json.put("text", MeterSyntax.format(entry.meter()))
        .put("packets", entry.packets())
        .put("bytes", entry.bytes())
        .put("counters", counters)
        .put("passed_packets", entry.passedPackets())
        .put("passed_bytes", entry.passedBytes())
        .put("dropped_packets", entry.droppedPackets())
        .put("dropped_bytes", entry.droppedBytes())
        .put("rules", entry.rules())
        .put("age_ms", entry.ageMs());
  }

  static String meterTable(List<MeterEntry> meters) {
    TextTable table = new TextTable("METER", "RULES", "PACKETS", "BYTES", "BAND");
    for (MeterEntry entry : meters) {
      String head = entry.meter().id() + " " + entry.meter().unit().word();
      table.row(head, entry.rules(), entry.packets(), entry.bytes(), "");
      for (BandEntry band : entry.bands()) {
        table.row("", "", band.packets(), band.bytes(), MeterSyntax.format(band.band()));
      }
    }
    return table.toString();
  }

  /**
   * Reads one thing, or several: text, one a line, or JSON, an object or an array.
   *
   * @param text reads lines
   * @param tree reads what JSON holds
   */
  static <T> List<T> read(
      RequestBody body, Function<String, List<T>> text, Function<@Nullable Object, T> tree) {
    if (!body.isJson()) {
      try {
        return text.apply(body.text());
      } catch (FlowSyntaxException e) {
        throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
      }
    }
    Object json = body.json();
    return json instanceof JsonArray array ? all(array, "", tree) : List.of(one(json, "", tree));
  }

  /** Reads what the array under a key holds; nothing if there is none. */
  static <T> List<T> readAll(JsonInput in, String key, Function<@Nullable Object, T> tree) {
    return in.has(key) ? all(in.array(key), in.pointer(key), tree) : List.of();
  }

  private static <T> List<T> all(
      JsonArray array, String pointer, Function<@Nullable Object, T> tree) {
    List<T> read = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      read.add(one(array.getValue(i), pointer + "/" + i, tree));
    }
    return read;
  }

  private static <T> T one(
      @Nullable Object json, String pointer, Function<@Nullable Object, T> tree) {
    try {
      return tree.apply(plain(json));
    } catch (FlowTreeException e) {
      throw HttpProblem.badField(pointer + e.pointer(), e.problem());
    }
  }

  /** Maps and lists all the way down. */
  static @Nullable Object plain(@Nullable Object json) {
    return json instanceof JsonObject object ? new JsonInput(object, "").plain() : json;
  }
}
