// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.verticles.cluster.ClusterEvent.Kind;
import io.iovtee.verticles.cluster.Meeting.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is there, who was, and what they told of themselves. Cluster thread. */
final class Roll {
  private static final Logger LOG = LoggerFactory.getLogger(Roll.class);

  /** How long a member that is gone is shown. */
  static final long GONE_KEPT_MS = 600_000;

  /** Of these at most. */
  private static final int GONE_MAX = 64;

  private final ClusterConfig config;
  private final Consumer<ClusterEvent> events;
  private final LongSupplier clockMs;
  private final Map<String, Seen> live = new LinkedHashMap<>();
  private final Map<String, Seen> gone = new LinkedHashMap<>();
  private Map<String, MemberStatus> statuses = Map.of();
  private List<Member> members = List.of();
  private byte @Nullable [] published;
  private boolean warned;

  private record Seen(String address, String key, long sinceMs) {}

  Roll(ClusterConfig config, Consumer<ClusterEvent> events) {
    this(config, events, System::currentTimeMillis);
  }

  /** With a clock of the test's. */
  Roll(ClusterConfig config, Consumer<ClusterEvent> events, LongSupplier clockMs) {
    this.config = config;
    this.events = events;
    this.clockMs = clockMs;
  }

  /**
   * Who is there now.
   *
   * @param there as {@link Meeting#members} tells
   */
  void note(List<Member> there) {
    members = List.copyOf(there);
    Map<String, Member> now = new LinkedHashMap<>();
    members.forEach(one -> now.putIfAbsent(one.name(), one));
    long nowMs = clockMs.getAsLong();
    for (String name : List.copyOf(live.keySet())) {
      Member same = now.get(name);
      Seen seen = live.get(name);
      if (seen != null && (same == null || !same.key().equals(seen.key))) {
        live.remove(name);
        if (!name.equals(config.member())) {
          gone.put(name, new Seen(seen.address, seen.key, nowMs));
          tell(Kind.GONE, name, seen.address);
        }
      }
    }
    // The oldest first, also where one of them was seen later than others.
    Map<String, Seen> before = new HashMap<>(live);
    live.clear();
    now.forEach((name, one) -> {
      Seen seen = before.get(name);
      if (seen == null) {
        gone.remove(name);
        if (!one.isSelf()) {
          tell(Kind.JOINED, name, one.address());
        }
      }
      live.put(name, seen == null ? new Seen(one.address(), one.key(), nowMs) : seen);
    });
  }

  private void tell(Kind kind, String name, String address) {
    LOG.info("cluster {}: {} {} ({})", config.name(), kind.label(), name, address);
    events.accept(new ClusterEvent(kind, name, address));
  }

  /** Configured members that this one reaches, itself too; 0 when it has met nobody. */
  int liveCount() {
    List<String> listed = config.members().stream().map(MemberAddress::toString).toList();
    return (int) members.stream().map(Member::address).distinct().filter(listed::contains).count();
  }

  /** Whether an older member has this one's name. */
  boolean nameIsTaken() {
    return namesake() != null;
  }

  private @Nullable Member namesake() {
    for (Member one : members) {
      if (one.isSelf()) {
        return null;
      }
      if (one.name().equals(config.member())) {
        return one;
      }
    }
    return null;
  }

  /** What is wrong with the members; empty if nothing. */
  String problem() {
    Member namesake = namesake();
    if (namesake != null) {
      return "the member at %s has the name %s, too: set plugins.iovtee.cluster.member of one"
          .formatted(namesake.address(), namesake.name());
    }
    for (Member one : members) {
      if (!one.listed().equals(config.membersText())) {
        return "%s (%s) has another list of members: %s; here %s"
            .formatted(one.name(), one.address(), one.listed(), config.membersText());
      }
    }
    return "";
  }

  /** Tells the others of this member if there is something new, and reads what they tell. */
  void publish(Meeting with, MemberStatus status) {
    Map<String, byte[]> told = with.statuses();
    byte[] now = status.bytes();
    if (!Arrays.equals(now, published) || !told.containsKey(config.member())) {
      with.publish(config.member(), now);
      published = now;
    }
    read(told);
    forgetOld(with);
  }

  private void read(Map<String, byte[]> told) {
    Map<String, MemberStatus> read = new HashMap<>();
    told.forEach((name, bytes) -> {
      try {
        read.put(name, MemberStatus.parse(bytes));
      } catch (IllegalArgumentException e) {
        warnOnce(e.getMessage());
      }
      if (!live.containsKey(name) && !gone.containsKey(name) && gone.size() < GONE_MAX) {
        gone.put(name, new Seen("", "", clockMs.getAsLong()));
      }
    });
    gone.keySet()
        .forEach(name -> {
          MemberStatus last = statuses.get(name);
          if (last != null) {
            read.putIfAbsent(name, last);
          }
        });
    statuses = read;
  }

  private void forgetOld(Meeting with) {
    long nowMs = clockMs.getAsLong();
    boolean isOldest = !members.isEmpty() && members.getFirst().isSelf();
    List<String> old = new ArrayList<>();
    gone.forEach((name, seen) -> {
      if (nowMs - seen.sinceMs > GONE_KEPT_MS) {
        old.add(name);
      }
    });
    for (String name : old) {
      if (isOldest) {
        with.forget(name);
      }
      gone.remove(name);
    }
  }

  /** How many others of those that are there keep the rules with this id. */
  int othersKeeping(Meeting with, String id) {
    read(with.statuses());
    int keeping = 0;
    for (Map.Entry<String, Seen> one : live.entrySet()) {
      MemberStatus status = statuses.get(one.getKey());
      boolean listed =
          config.members().stream()
              .anyMatch(address -> address.toString().equals(one.getValue().address));
      if (listed
          && !one.getKey().equals(config.member())
          && status != null
          && status.stored().equals(id)) {
        keeping++;
      }
    }
    return keeping;
  }

  /** What somebody has written as the cluster's rules; as if there were none if it is not such. */
  DesiredRules readable(byte @Nullable [] bytes) {
    if (bytes == null) {
      return DesiredRules.NONE;
    }
    try {
      return DesiredRules.parse(bytes);
    } catch (RuntimeException e) {
      warnOnce(e.getMessage());
      return DesiredRules.NONE;
    }
  }

  private void warnOnce(@Nullable String what) {
    if (!warned) {
      LOG.warn("cluster {}: what a member sent is passed over: {}", config.name(), what);
    }
    warned = true;
  }

  /**
   * All members.
   *
   * @param own this one's status
   */
  List<ClusterView.Row> rows(MemberStatus own) {
    List<ClusterView.Row> rows = new ArrayList<>();
    if (!live.containsKey(config.member())) {
      String address = config.listen().toString();
      rows.add(
          new ClusterView.Row(config.member(), address, true, true, false, own.startedMs(), own));
    }
    boolean first = true;
    for (Map.Entry<String, Seen> one : live.entrySet()) {
      boolean self = one.getKey().equals(config.member());
      rows.add(
          new ClusterView.Row(
              one.getKey(),
              one.getValue().address,
              self,
              true,
              first,
              one.getValue().sinceMs,
              self ? own : statusOf(one.getKey())));
      first = false;
    }
    gone.forEach((name, seen) ->
        rows.add(
            new ClusterView.Row(
                name, seen.address, false, false, false, seen.sinceMs, statusOf(name))));
    return rows;
  }

  private MemberStatus statusOf(String name) {
    return statuses.getOrDefault(name, MemberStatus.UNKNOWN);
  }
}
