// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.ActionSet;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowGroup.Type;
import java.util.Arrays;

/**
 * A group as loops work by it. Immutable.
 *
 * <p>A select group has a table of 4096 parts; each belongs to the bucket that draws the highest
 * lot there (weighted rendezvous hashing). So a bucket that is added or goes, or another weight,
 * moves only the flows that it must.
 */
final class GroupRow {
  /** Buckets that a flow is offered to, one after the other, before any live one will do. */
  private static final int DRAWS_MAX = 16;

  private static final int PART_BITS = 12;
  private static final byte NOBODY = -1;

  final FlowGroup group;

  /** Number of its counters: see {@link GroupRows}. */
  final int slot;

  final boolean isAll;

  /** By bucket: what it does. */
  final RewriteRule[] actions;

  /** By bucket: number of the port that it only hands the frame to; 0 if it does anything else. */
  private final int[] port;

  /** By bucket: what it watches. */
  final WatchedPorts[] watched;

  private final GroupHash hash;
  private final byte[] parts;

  /**
   * @param watched by bucket
   */
  GroupRow(FlowGroup group, int slot, WatchedPorts[] watched, ActionNumbers numbers) {
    this.group = group;
    this.slot = slot;
    this.watched = watched;
    isAll = group.type() == Type.ALL;
    int count = group.buckets().size();
    actions = new RewriteRule[count];
    port = new int[count];
    for (int b = 0; b < count; b++) {
      Bucket bucket = group.buckets().get(b);
      actions[b] = RewriteRule.of(ActionSet.ordered(bucket.actions()), numbers);
      port[b] = actions[b].onlyPort();
    }
    hash = new GroupHash(group.selection());
    parts = group.type() == Type.SELECT ? parts(group) : new byte[0];
  }

  private static byte[] parts(FlowGroup group) {
    byte[] parts = new byte[1 << PART_BITS];
    Arrays.fill(parts, NOBODY);
    for (int part = 0; part < parts.length; part++) {
      double highest = Double.NEGATIVE_INFINITY;
      for (int b = 0; b < group.buckets().size(); b++) {
        Bucket bucket = group.buckets().get(b);
        double lot = bucket.weight() == 0 ? Double.NEGATIVE_INFINITY : lot(bucket, part);
        if (lot > highest) {
          highest = lot;
          parts[part] = (byte) b;
        }
      }
    }
    return parts;
  }

  /** -weight / ln(a number between 0 and 1): the highest is a bucket's as often as its weight. */
  private static double lot(Bucket bucket, int part) {
    long bits = GroupHash.mix(GroupHash.mix(bucket.id() + 1) + part) >>> 11;
    return -bucket.weight() / StrictMath.log((bits + 0.5) * 0x1p-53);
  }

  int size() {
    return actions.length;
  }

  /** The bucket that does nothing but hand the frame to this port; -1 if there is none. */
  int bucketFor(int portNumber) {
    for (int b = 0; b < port.length && portNumber > 0; b++) {
      if (port[b] == portNumber) {
        return b;
      }
    }
    return -1;
  }

  /** Whether it is as this group is written, with buckets that watch the same ports. */
  boolean isAs(FlowGroup other, WatchedPorts[] itsWatched) {
    return group.equals(other) && Arrays.equals(watched, itsWatched);
  }

  /** The one bucket that gets a frame with this key; -1 if none is live. Poll thread. */
  int choose(long[] key, Rewriter liveness) {
    return switch (group.type()) {
      case SELECT -> draw(hash.hash(key), liveness);
      case FAST_FAILOVER -> firstLive(0, liveness);
      default -> 0;
    };
  }

  private int draw(int number, Rewriter liveness) {
    int drawn = number;
    for (int draw = 0; draw < DRAWS_MAX; draw++) {
      int bucket = parts[drawn >>> (Integer.SIZE - PART_BITS)];
      if (bucket == NOBODY || watched[bucket].isLive(liveness)) {
        return bucket;
      }
      drawn = (int) GroupHash.mix(drawn);
    }
    return firstLive(Integer.remainderUnsigned(number, size()), liveness);
  }

  /** The first live bucket from one on, and then from the beginning. */
  private int firstLive(int from, Rewriter liveness) {
    boolean select = parts.length > 0;
    for (int n = 0; n < size(); n++) {
      int b = from + n < size() ? from + n : from + n - size();
      boolean has = !select || group.buckets().get(b).weight() > 0;
      if (has && watched[b].isLive(liveness)) {
        return b;
      }
    }
    return -1;
  }
}
