// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.GroupTable.BandEntry;
import io.iovtee.api.GroupTable.BucketEntry;
import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.verticles.flows.GroupsView;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a meter's rows add up to, and how many rows there are at most. */
final class GroupMetricsTest {
  private static String text(List<GroupEntry> groups, List<MeterEntry> meters) {
    MetricsText text = new MetricsText();
    GroupMetrics.add(text, new GroupsView(1, groups, meters));
    return text.toString();
  }

  private static GroupEntry group(int buckets) {
    FlowGroup group = GroupSyntax.parseGroup("group_id=1,type=all" + ",bucket=nf1".repeat(buckets));
    return new GroupEntry(
        group,
        group.buckets().stream().map(bucket -> new BucketEntry(bucket, true, 0, 0)).toList(),
        0,
        0);
  }

  private static MeterEntry meter(int id) {
    FlowMeter meter =
        MeterSyntax.parseMeter(
            "meter=%d,kbps,bands=type=drop,rate=9,type=dscp_remark,rate=5,prec_level=1"
                .formatted(id));
    List<BandEntry> bands =
        List.of(
            new BandEntry(meter.bands().get(0), 3, 300),
            new BandEntry(meter.bands().get(1), 4, 400));
    return new MeterEntry(meter, 10, 1_000, bands, 0, 0);
  }

  @Test
  void aMetersRowsAddUpToWhatItSaw() {
    assertThat(text(List.of(), List.of(meter(1))).lines())
        .contains(
            "iovtee_meter_frames_total{meter=\"1\",did=\"drop\",band=\"0\"} 3",
            "iovtee_meter_frames_total{meter=\"1\",did=\"dscp_remark\",band=\"1\"} 4",
            "iovtee_meter_frames_total{meter=\"1\",did=\"pass\",band=\"\"} 3",
            "iovtee_meter_bytes_total{meter=\"1\",did=\"pass\",band=\"\"} 300");
  }

  @Test
  void rowsAreLimitedAndItIsTold() {
    GroupEntry large = group(50);
    String fits = text(Collections.nCopies(20, large), List.of());
    assertThat(fits).doesNotContain("iovtee_metrics_truncated");
    assertThat(rows(fits, "iovtee_group_bucket_frames_total{")).isEqualTo(1_000);
    String tooMany = text(Collections.nCopies(21, large), List.of());
    assertThat(tooMany).contains("iovtee_metrics_truncated 1").contains("iovtee_groups 21");
    assertThat(rows(tooMany, "iovtee_group_bucket_frames_total{")).isEqualTo(1_000);
    List<MeterEntry> meters =
        IntStream.rangeClosed(1, 501).mapToObj(GroupMetricsTest::meter).toList();
    String meterRows = text(List.of(), meters);
    assertThat(meterRows).contains("iovtee_metrics_truncated 1").doesNotContain("meter=\"501\"");
    assertThat(rows(meterRows, "iovtee_meter_frames_total{")).isEqualTo(1_500);
    assertThat(text(List.of(), meters.subList(0, 500))).doesNotContain("truncated");
  }

  private static long rows(String text, String start) {
    return text.lines().filter(line -> line.startsWith(start)).count();
  }
}
