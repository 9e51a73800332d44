// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Band;
import java.util.Objects;

/**
 * The groups and meters as one loop works by them, with that loop's counters. Part of a {@link
 * FlowProgram}, and as immutable.
 */
public final class GroupProgram {
  /** In place of a band: of the frames that exceeded no band's rate. */
  public static final int WITHIN = RateMeter.WITHIN;

  /** A meter's counters: of what was within all rates, and behind it of each band. */
  private static final int METER_COUNTERS = 1 + FlowMeter.BANDS_MAX;

  private final GroupRows.View rows;
  private final RuleCounters buckets;
  private final RuleCounters meters;

  /** Whether meters are asked at all. */
  private final boolean metering;

  private GroupProgram(
      GroupRows.View rows, RuleCounters buckets, RuleCounters meters, boolean metering) {
    this.rows = rows;
    this.buckets = buckets.grownTo(rows.groupSlots() * GroupRows.SLOT_COUNTERS);
    this.meters = meters.grownTo(rows.meterSlots() * METER_COUNTERS);
    this.metering = metering;
  }

  static GroupProgram of(GroupRows.View rows) {
    return new GroupProgram(rows, new RuleCounters(), new RuleCounters(), true);
  }

  GroupProgram next(GroupRows.View changed) {
    return new GroupProgram(changed, buckets, meters, metering);
  }

  GroupProgram uncounted() {
    return new GroupProgram(rows, new RuleCounters(), new RuleCounters(), false);
  }

  /** The group that rules know by this number: a rule that names it is not there without it. */
  GroupRow group(int number) {
    return Objects.requireNonNull(rows.groups()[number]);
  }

  private RateMeter meter(int number) {
    return Objects.requireNonNull(rows.meters()[number]);
  }

  /** Whether the port is live for all buckets that watch it. */
  boolean isLive(int port) {
    return rows.liveness().isLive(port);
  }

  /**
   * Asks a meter, and counts its answer. Poll thread.
   *
   * @return the band that applies, or {@link RateMeter#WITHIN}
   */
  int measure(int number, int length, long nowNs) {
    RateMeter meter = meter(number);
    int band = metering ? meter.measure(length, nowNs) : RateMeter.WITHIN;
    meters.count(METER_COUNTERS * meter.slot + 1 + band, 1, length);
    return band;
  }

  /** What a meter's band does. Poll thread. */
  Band band(int number, int band) {
    return meter(number).band(band);
  }

  /** Counts a frame that a bucket got. Poll thread. */
  void countBucket(int slot, int bucket, int bytes) {
    buckets.count(GroupRows.SLOT_COUNTERS * slot + bucket, 1, bytes);
  }

  /** The group that rules know by this number, as it was written. */
  public FlowGroup groupAt(int number) {
    return group(number).group;
  }

  /** The meter that rules know by this number, as it was written. */
  public FlowMeter meterAt(int number) {
    return meter(number).meter;
  }

  /** Frames that a bucket got on this loop, by its group's slot. Any thread. */
  public long bucketPackets(int slot, int bucket) {
    return buckets.packets(GroupRows.SLOT_COUNTERS * slot + bucket);
  }

  /** Their bytes. Any thread. */
  public long bucketBytes(int slot, int bucket) {
    return buckets.bytes(GroupRows.SLOT_COUNTERS * slot + bucket);
  }

  /**
   * Frames that a meter saw on this loop to which a band applied. Any thread.
   *
   * @param band or {@link #WITHIN}
   */
  public long meterPackets(int slot, int band) {
    return meters.packets(METER_COUNTERS * slot + 1 + band);
  }

  /** Their bytes. Any thread. */
  public long meterBytes(int slot, int band) {
    return meters.bytes(METER_COUNTERS * slot + 1 + band);
  }
}
