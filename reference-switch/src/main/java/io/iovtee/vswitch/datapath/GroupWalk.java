// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;

/**
 * Takes a frame through the buckets of groups. Each bucket starts with the frame as it came to the
 * group, and so does what follows the group: a frame is saved before a bucket that changes it, if
 * anything follows at all. One loop owns it.
 */
final class GroupWalk {
  /** Groups within groups, by buckets that name groups or by tables in between. */
  static final int DEPTH_MAX = 8;

  private final Rewriter rewriter;
  private final SavedFrame[] saved = new SavedFrame[DEPTH_MAX];
  private int depth;

  GroupWalk(Rewriter rewriter) {
    this.rewriter = rewriter;
    for (int i = 0; i < saved.length; i++) {
      saved[i] = new SavedFrame();
    }
  }

  /** Another frame. */
  void start() {
    depth = 0;
  }

  /**
   * Hands frame i to a group.
   *
   * @param number of the group, in this loop's rows
   * @param last nothing is done with the frame behind the group
   */
  void walk(FrameBatch batch, int i, int number, boolean last, InputCounters counters) {
    if (depth == DEPTH_MAX) {
      rewriter.frame().giveUp(batch, i, DropReason.TABLE_LIMIT);
      return;
    }
    GroupRow group = rewriter.group(number);
    long[] key = rewriter.frame().readKey(batch, i);
    if (group.isAll) {
      all(batch, i, group, number, last, counters);
      return;
    }
    int bucket = group.choose(key, rewriter);
    if (bucket < 0) {
      rewriter.noteBucket(batch, i, number, bucket);
      batch.dropped(i, DropReason.NO_LIVE_BUCKET.ordinal());
    } else {
      carryOut(batch, i, group, number, bucket, last, counters);
    }
  }

  /**
   * The bucket for the port whose buffer the frame lies in comes last: it may keep that buffer, and
   * who gets a copy first can not be seen.
   */
  private void all(
      FrameBatch batch, int i, GroupRow group, int number, boolean last, InputCounters counters) {
    int home = group.bucketFor(OwnerIds.port(batch.owner[i]));
    int end = home < 0 ? group.size() - 1 : home;
    for (int b = 0; b < group.size(); b++) {
      if (b != home) {
        carryOut(batch, i, group, number, b, last && b == end, counters);
      }
    }
    if (home >= 0) {
      carryOut(batch, i, group, number, home, last, counters);
    }
  }

  private void carryOut(
      FrameBatch batch,
      int i,
      GroupRow group,
      int number,
      int bucket,
      boolean last,
      InputCounters counters) {
    if (rewriter.frame().isEnded() || !rewriter.noteBucket(batch, i, number, bucket)) {
      return;
    }
    rewriter.countBucket(group, bucket, batch.length[i]);
    RewriteRule what = group.actions[bucket];
    boolean comesBack = !last && what.changesFrame();
    if (comesBack) {
      rewriter.frame().save(batch, i, saved[depth]);
    }
    depth++;
    rewriter.run(batch, i, what, last, counters);
    depth--;
    rewriter.endBucket();
    if (comesBack && !rewriter.frame().isEnded()) {
      rewriter.restore(batch, i, saved[depth], counters);
    }
  }
}
