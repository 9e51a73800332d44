// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.GroupTable.BandEntry;
import io.iovtee.api.GroupTable.BucketEntry;
import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import io.iovtee.verticles.flows.GroupsView;

/**
 * Groups and meters in {@code /metrics}: a row for each bucket, and for each of what meters did.
 * Counters begin anew where a group or meter changes, as Prometheus's counters may.
 */
final class GroupMetrics {
  /** Buckets that have rows, three each: those of the groups with the lowest numbers. */
  static final int BUCKETS_MAX = 1_000;

  /** Meters that have rows, two for each band and two more. */
  static final int METERS_MAX = 500;

  private GroupMetrics() {}

  static void add(MetricsText text, GroupsView view) {
    text.gauge("iovtee_groups", "Groups that rules may name.", view.groups().size());
    text.gauge("iovtee_meters", "Meters that rules may name.", view.meters().size());
    int buckets = 0;
    for (GroupEntry group : view.groups()) {
      buckets += group.buckets().size();
      if (buckets > BUCKETS_MAX) {
        text.truncate();
        break;
      }
      group.buckets().forEach(bucket -> add(text, group, bucket));
    }
    if (view.meters().size() > METERS_MAX) {
      text.truncate();
    }
    view.meters().stream().limit(METERS_MAX).forEach(meter -> add(text, meter));
  }

  private static void add(MetricsText text, GroupEntry group, BucketEntry bucket) {
    String[] labels = {
      "group",
      Long.toString(group.group().id()),
      "type",
      group.group().type().word(),
      "bucket",
      Long.toString(bucket.bucket().id())
    };
    text.counter(
        "iovtee_group_bucket_frames_total",
        "Frames that a group's bucket got.",
        bucket.packets(),
        labels);
    text.counter("iovtee_group_bucket_bytes_total", "Their bytes.", bucket.bytes(), labels);
    text.gauge(
        "iovtee_group_bucket_live",
        "1 while the port or group that the bucket watches is live, or if it watches neither.",
        bucket.live() ? 1 : 0,
        labels);
  }

  private static void add(MetricsText text, MeterEntry meter) {
    String id = Long.toString(meter.meter().id());
    long packets = meter.packets();
    long bytes = meter.bytes();
    for (int b = 0; b < meter.bands().size(); b++) {
      BandEntry band = meter.bands().get(b);
      String did = band.band().type().word();
      addRow(text, id, did, Integer.toString(b), band.packets(), band.bytes());
      packets -= band.packets();
      bytes -= band.bytes();
    }
    addRow(text, id, "pass", "", packets, bytes);
  }

  private static void addRow(
      MetricsText text, String meter, String did, String band, long packets, long bytes) {
    String[] labels = {"meter", meter, "did", did, "band", band};
    text.counter(
        "iovtee_meter_frames_total", "Frames that a meter saw, by what it did.", packets, labels);
    text.counter("iovtee_meter_bytes_total", "Their bytes.", bytes, labels);
  }
}
