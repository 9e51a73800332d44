// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.store.GroupMod;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * The switch's groups and meters, which its rules name. They have the rule table's version: {@link
 * FlowTable#version}.
 */
public interface GroupTable {
  /** All groups by id, with their counters. */
  List<GroupEntry> groups();

  /** All meters by id, with their counters. */
  List<MeterEntry> meters();

  /**
   * Carries out commands in their order, all or none of them; completes when every loop works by
   * what they made.
   *
   * @param expectedVersion the version the caller worked from, or -1 for any
   * @return the new version; fails with {@link IllegalStateException} when the version moved on,
   *     {@link io.iovtee.flow.NotThereException} when there is no such group or meter, {@link
   *     IllegalArgumentException} when one names what is not there, is there already, is used, or
   *     closes a circle
   */
  CompletionStage<Long> change(List<GroupMod> mods, long expectedVersion);

  /**
   * A group and what it did.
   *
   * @param buckets in the group's order
   * @param rules that name it
   * @param ageMs milliseconds since it was added or changed, and counts
   */
  record GroupEntry(FlowGroup group, List<BucketEntry> buckets, int rules, long ageMs) {
    /** Frames that its buckets got; of a group of type all each frame counts once for each. */
    public long packets() {
      return buckets.stream().mapToLong(BucketEntry::packets).sum();
    }

    /** Their bytes. */
    public long bytes() {
      return buckets.stream().mapToLong(BucketEntry::bytes).sum();
    }
  }

  /**
   * A bucket and what it did.
   *
   * @param live whether one of the ports that it watches, itself or through a group, is up; true if
   *     it watches none
   * @param packets frames that it got
   * @param bytes their bytes
   */
  record BucketEntry(FlowGroup.Bucket bucket, boolean live, long packets, long bytes) {}

  /**
   * A meter and what it did.
   *
   * @param packets frames that it saw
   * @param bytes their bytes
   * @param bands in the meter's order
   * @param rules that name it
   * @param ageMs milliseconds since it was added or changed, and counts
   */
  record MeterEntry(
      FlowMeter meter, long packets, long bytes, List<BandEntry> bands, int rules, long ageMs) {
    /** Frames that went on, marked or not. */
    public long passedPackets() {
      return packets - droppedPackets();
    }

    /** Their bytes. */
    public long passedBytes() {
      return bytes - droppedBytes();
    }

    /** Frames that did not go on. */
    public long droppedPackets() {
      return dropping().mapToLong(BandEntry::packets).sum();
    }

    /** Their bytes. */
    public long droppedBytes() {
      return dropping().mapToLong(BandEntry::bytes).sum();
    }

    private Stream<BandEntry> dropping() {
      return bands.stream().filter(entry -> entry.band().type() == FlowMeter.Band.Type.DROP);
    }
  }

  /**
   * A meter's band and what it did.
   *
   * @param packets frames that it applied to
   * @param bytes their bytes
   */
  record BandEntry(FlowMeter.Band band, long packets, long bytes) {}
}
