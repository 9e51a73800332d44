// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;

/**
 * What makes a bucket live: that one of these ports is up. A bucket that watches a group is live
 * while one of that group's buckets is, and so on; as each of these is an "or", what it comes down
 * to is a set of ports, or that it is always live. Immutable.
 */
final class WatchedPorts {
  private static final WatchedPorts ALWAYS = new WatchedPorts(true, new int[0]);

  private final boolean always;
  private final int[] ports;

  private WatchedPorts(boolean always, int[] ports) {
    this.always = always;
    this.ports = ports;
  }

  /**
   * By bucket of a group.
   *
   * @param groups all by id: no chain of watched groups comes back to its beginning
   */
  static WatchedPorts[] of(
      FlowGroup group, Map<Long, FlowGroup> groups, ToIntFunction<String> portNumber) {
    WatchedPorts[] watched = new WatchedPorts[group.buckets().size()];
    for (int b = 0; b < watched.length; b++) {
      watched[b] = of(group.buckets().get(b), groups, portNumber);
    }
    return watched;
  }

  private static WatchedPorts of(
      Bucket bucket, Map<Long, FlowGroup> groups, ToIntFunction<String> portNumber) {
    TreeSet<Integer> ports = new TreeSet<>();
    if (collect(bucket, groups, portNumber, ports)) {
      return ALWAYS;
    }
    int[] numbers = new int[ports.size()];
    int next = 0;
    for (int port : ports) {
      numbers[next++] = port;
    }
    return new WatchedPorts(false, numbers);
  }

  /** Whether the bucket is always live; else adds the ports that make it live. */
  private static boolean collect(
      Bucket bucket,
      Map<Long, FlowGroup> groups,
      ToIntFunction<String> portNumber,
      TreeSet<Integer> ports) {
    if (bucket.watchPort() == null && bucket.watchGroup() == null) {
      return true;
    }
    if (bucket.watchPort() != null) {
      ports.add(portNumber.applyAsInt(bucket.watchPort()));
    }
    FlowGroup watched = bucket.watchGroup() == null ? null : groups.get(bucket.watchGroup());
    boolean always = false;
    if (watched != null) {
      for (Bucket its : watched.buckets()) {
        always |= collect(its, groups, portNumber, ports);
      }
    }
    return always;
  }

  /** Whether the bucket is live on a loop. Poll thread. */
  boolean isLive(Rewriter liveness) {
    if (always) {
      return true;
    }
    for (int port : ports) {
      if (liveness.isLive(port)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the bucket is live, by what is known of ports. */
  boolean isLive(IntPredicate portIsLive) {
    for (int port : ports) {
      if (portIsLive.test(port)) {
        return true;
      }
    }
    return always;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WatchedPorts it
        && always == it.always
        && Arrays.equals(ports, it.ports);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ports);
  }
}
