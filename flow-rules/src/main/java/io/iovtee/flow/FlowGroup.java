// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A group: several ways on for a frame, of which its type says which are taken (OpenFlow 1.3,
 * section 5.6; ovs-ofctl(8), "Group Syntax"). Rules name it by {@link Action.Group}.
 *
 * @param id 0 to {@link #ID_MAX}
 * @param selection how a select group chooses; {@link Selection#DEFAULT} for all other types
 * @param buckets the ways, in order; none is allowed, and drops, but for an indirect group
 */
public record FlowGroup(long id, Type type, Selection selection, List<Bucket> buckets) {
  /** OpenFlow reserves the numbers above (OFPG_MAX); buckets have the same limit. */
  public static final long ID_MAX = 0xffff_ff00L;

  /** As many network functions as one group may spread over: each costs counters in each loop. */
  public static final int BUCKETS_MAX = 64;

  /** What becomes of a frame. */
  public enum Type {
    /** Each bucket gets a copy. */
    ALL("all"),
    /** One live bucket gets it, by a hash of its flow. */
    SELECT("select"),
    /** The one bucket gets it. */
    INDIRECT("indirect"),
    /** The first live bucket gets it. */
    FAST_FAILOVER("ff");

    private final String word;

    Type(String word) {
      this.word = word;
    }

    /** In the text form. */
    public String word() {
      return word;
    }
  }

  /**
   * @throws IllegalArgumentException if OVS refuses such a group, or it has too many buckets
   */
  public FlowGroup {
    checkId("group_id", id);
    buckets = List.copyOf(buckets);
    if (buckets.size() > BUCKETS_MAX) {
      throw new IllegalArgumentException(
          "a group may have at most %d buckets: group_id=%d, buckets=%d"
              .formatted(BUCKETS_MAX, id, buckets.size()));
    }
    if (type == Type.INDIRECT && buckets.size() != 1) {
      throw new IllegalArgumentException(
          "an indirect group has one bucket: group_id=%d, buckets=%d"
              .formatted(id, buckets.size()));
    }
    if (type != Type.SELECT && !selection.equals(Selection.DEFAULT)) {
      throw new IllegalArgumentException(
          "selection_method goes with type=select only: type=" + type.word());
    }
    Set<Long> ids = new HashSet<>();
    for (Bucket bucket : buckets) {
      if (!ids.add(bucket.id())) {
        throw new IllegalArgumentException("two buckets have the same bucket_id: " + bucket.id());
      }
      checkBucket(type, bucket);
    }
  }

  /** The same with other buckets. */
  public FlowGroup withBuckets(List<Bucket> others) {
    return new FlowGroup(id, type, selection, others);
  }

  private static void checkBucket(Type type, Bucket bucket) {
    if (type != Type.SELECT && bucket.weight() != 0) {
      throw new IllegalArgumentException(
          "weight goes with type=select only: type=%s, weight:%d"
              .formatted(type.word(), bucket.weight()));
    }
    boolean watches = bucket.watchPort() != null || bucket.watchGroup() != null;
    if (type == Type.FAST_FAILOVER && !watches) {
      throw new IllegalArgumentException(
          "each bucket of a group of type ff needs watch_port or watch_group: bucket_id="
              + bucket.id());
    }
    if ((type == Type.ALL || type == Type.INDIRECT) && watches) {
      throw new IllegalArgumentException(
          "watch_port and watch_group go with type=select and type=ff only: type=" + type.word());
    }
  }

  static void checkId(String what, long id) {
    if (id < 0 || id > ID_MAX) {
      throw new IllegalArgumentException("%s must be 0 to %d: %d".formatted(what, ID_MAX, id));
    }
  }

  /**
   * One way on.
   *
   * @param id its name within the group; a select group's choice rests on it, so that a flow stays
   *     with a bucket that keeps its id
   * @param weight 0 to {@link #WEIGHT_MAX}: its share is weight by the sum of all; 0 for types but
   *     select, where it means "never"
   * @param watchPort the bucket is live while this port's link is up; null for none
   * @param watchGroup the bucket is live while a bucket of this group is; null for none. One that
   *     watches both is live while either is, as in OVS; one that watches neither always is
   * @param actions a set, as in OpenFlow 1.3, section 5.10: carried out in the order of {@link
   *     ActionSet}
   */
  public record Bucket(
      long id,
      int weight,
      @Nullable String watchPort,
      @Nullable Long watchGroup,
      List<Action> actions) {
    /** OpenFlow's weight is a 16-bit number. */
    public static final int WEIGHT_MAX = 65_535;

    /**
     * @throws IllegalArgumentException if a number or name is wrong, or the actions are no set
     */
    public Bucket {
      checkId("bucket_id", id);
      if (weight < 0 || weight > WEIGHT_MAX) {
        throw new IllegalArgumentException(
            "weight must be 0 to %d: %d".formatted(WEIGHT_MAX, weight));
      }
      if (watchPort != null) {
        PortName.check(watchPort);
      }
      if (watchGroup != null) {
        checkId("watch_group", watchGroup);
      }
      actions = List.copyOf(actions);
      ActionSet.check(actions);
    }
  }

  /**
   * What a select group's hash is made of.
   *
   * @param parameter of {@link Method#DP_HASH}: 1 in the upper half for a symmetric hash, and a
   *     number to start from in the lower one; of {@link Method#HASH}: a number to start from
   * @param fields of {@link Method#HASH}: which bits are hashed, each as a match on these bits
   *     being 1; empty for the symmetric hash
   */
  public record Selection(Method method, long parameter, List<FieldMatch> fields) {
    /** No method is named: a symmetric hash of addresses, protocol and ports, as in OVS. */
    public static final Selection DEFAULT = new Selection(Method.NONE, 0, List.of());

    /** Names of OVS. */
    public enum Method {
      NONE(""),
      DP_HASH("dp_hash"),
      HASH("hash");

      private final String word;

      Method(String word) {
        this.word = word;
      }

      /** In the text form. */
      public String word() {
        return word;
      }
    }

    /**
     * @throws IllegalArgumentException if the method does not take these
     */
    public Selection {
      fields = List.copyOf(fields);
      if (method == Method.NONE && parameter != 0) {
        throw new IllegalArgumentException("selection_method_param needs selection_method");
      }
      if (method != Method.HASH && !fields.isEmpty()) {
        throw new IllegalArgumentException("fields go with selection_method=hash only");
      }
      Set<MatchField> seen = EnumSet.noneOf(MatchField.class);
      for (FieldMatch bits : fields) {
        if (!seen.add(bits.field())) {
          throw new IllegalArgumentException(
              "fields names a field twice: " + bits.field().fieldName());
        }
      }
      if (method == Method.DP_HASH && parameter >>> 32 > 1) {
        throw new IllegalArgumentException(
            "the upper 32 bits of dp_hash's selection_method_param must be 0 (5-tuple) or 1"
                + " (symmetric): 0x"
                + Long.toHexString(parameter));
      }
    }

    /** Whether both directions of a connection have the same hash. */
    public boolean isSymmetric() {
      return method == Method.DP_HASH ? parameter >>> 32 == 1 : fields.isEmpty();
    }
  }
}
