// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Meetings in memory: members that a test cuts off from each other and brings together again. */
final class FakeMeetings {
  /** One side of a cut, or all together. */
  static final class Side {
    final List<Meeting.Member> members = new CopyOnWriteArrayList<>();
    volatile byte @Nullable [] rules;
    final Map<String, byte[]> statuses = new ConcurrentHashMap<>();
    volatile boolean silent;
  }

  private FakeMeetings() {}

  static ClusterConfig config(String name, int listed) {
    List<MemberAddress> all = new ArrayList<>();
    for (int i = 0; i < listed; i++) {
      all.add(new MemberAddress("127.0.0.1", 5701 + i));
    }
    int index = name.charAt(0) - 'a';
    return new ClusterConfig("lab", name, all.get(index), all, Optional.empty(), 10);
  }

  /** How one member sees the side that it is on. */
  static final class View implements Meeting {
    private final ClusterConfig config;
    private volatile Side side;

    View(ClusterConfig config, Side side) {
      this.config = config;
      this.side = side;
      enter(side);
    }

    private void enter(Side next) {
      next.members.add(
          new Member(
              config.member() + System.identityHashCode(this),
              config.member(),
              config.listen().toString(),
              config.membersText(),
              false));
    }

    /** As if the network had been cut, or mended: what the other side kept counts there. */
    void moveTo(Side next) {
      side.members.removeIf(one -> one.name().equals(config.member()));
      side = next;
      enter(next);
    }

    void leave() {
      side.members.removeIf(one -> one.name().equals(config.member()));
    }

    private void ask() {
      if (side.silent) {
        throw new IllegalStateException("no answer");
      }
    }

    @Override
    public boolean isRunning() {
      return true;
    }

    @Override
    public List<Member> members() {
      return List.copyOf(side.members).stream()
          .map(one ->
              new Member(
                  one.key(),
                  one.name(),
                  one.address(),
                  one.listed(),
                  one.key().equals(config.member() + System.identityHashCode(this))))
          .toList();
    }

    @Override
    public byte @Nullable [] rules() {
      ask();
      return side.rules;
    }

    @Override
    public boolean replaceRules(byte @Nullable [] expected, byte[] next) {
      ask();
      synchronized (side) {
        boolean same = expected == null ? side.rules == null : Arrays.equals(expected, side.rules);
        side.rules = same ? next : side.rules;
        return same;
      }
    }

    @Override
    public Map<String, byte[]> statuses() {
      ask();
      return Map.copyOf(side.statuses);
    }

    @Override
    public void publish(String name, byte[] status) {
      ask();
      side.statuses.put(name, status);
    }

    @Override
    public void forget(String name) {
      side.statuses.remove(name);
    }

    @Override
    public void close() {}
  }
}
