// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import io.iovtee.flow.FlowGroup.Bucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which of a group's buckets a command means (OpenFlow 1.5, section 7.3.4.3: {@code
 * command_bucket_id}).
 *
 * @param bucketId for {@link Where#BUCKET}; 0 for all others
 */
public record BucketPlace(Where where, long bucketId) {
  public static final BucketPlace FIRST = new BucketPlace(Where.FIRST, 0);
  public static final BucketPlace LAST = new BucketPlace(Where.LAST, 0);
  public static final BucketPlace ALL = new BucketPlace(Where.ALL, 0);

  /** The kinds of places. */
  public enum Where {
    FIRST,
    LAST,
    ALL,
    BUCKET
  }

  /**
   * @throws IllegalArgumentException if the number can not be a bucket's
   */
  public BucketPlace {
    FlowGroup.checkId("command_bucket_id", bucketId);
  }

  /** As it is written: first, last, all, or the number. */
  public String word() {
    return where == Where.BUCKET ? Long.toString(bucketId) : where.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Buckets with more of them: before the first, behind the last, or behind the one that is named.
   *
   * @throws IllegalArgumentException for {@link #ALL}
   * @throws NotThereException if there is none with the number
   */
  public List<Bucket> insert(List<Bucket> had, List<Bucket> more) {
    int at =
        switch (where) {
          case FIRST -> 0;
          case LAST -> had.size();
          case BUCKET -> indexIn(had) + 1;
          case ALL ->
              throw new IllegalArgumentException(
                  "command_bucket_id=all is no place to insert; allowed: first, last, a bucket_id");
        };
    List<Bucket> all = new ArrayList<>(had);
    all.addAll(at, more);
    return all;
  }

  /**
   * Buckets without those that are meant; that there is no first or last one is no error, as in
   * OVS.
   *
   * @throws NotThereException if there is none with the number
   */
  public List<Bucket> remove(List<Bucket> had) {
    if (had.isEmpty() && where != Where.BUCKET) {
      return had;
    }
    return switch (where) {
      case ALL -> List.of();
      case FIRST -> had.subList(1, had.size());
      case LAST -> had.subList(0, had.size() - 1);
      case BUCKET -> {
        List<Bucket> rest = new ArrayList<>(had);
        rest.remove(indexIn(had));
        yield rest;
      }
    };
  }

  private int indexIn(List<Bucket> buckets) {
    for (int i = 0; i < buckets.size(); i++) {
      if (buckets.get(i).id() == bucketId) {
        return i;
      }
    }
    throw new NotThereException(
        "the group has no bucket %d; it has %s"
            .formatted(bucketId, buckets.stream().map(Bucket::id).toList()));
  }
}
