// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.config.Config;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceFactory;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A meeting on Hazelcast: two maps, and its list of members. Any thread. */
final class HazelcastMeeting implements Meeting {
  private static final String RULES_KEY = "rules";

  private final HazelcastInstance hazelcast;
  private final IMap<String, byte[]> rules;
  private final IMap<String, byte[]> members;

  private HazelcastMeeting(HazelcastInstance hazelcast) {
    this.hazelcast = hazelcast;
    rules = hazelcast.getMap(HazelcastSetup.RULES);
    members = hazelcast.getMap(HazelcastSetup.MEMBERS);
  }

  /**
   * Joins the others, or waits for them alone; takes seconds.
   *
   * @param onChange told when somebody comes or goes or writes; must not block
   * @throws RuntimeException if it can not listen
   */
  static HazelcastMeeting join(ClusterConfig config, Runnable onChange) {
    // Hazelcast's first classes log before they have read a configuration.
    if (System.getProperty("hazelcast.logging.type") == null) {
      System.setProperty("hazelcast.logging.type", "slf4j");
    }
    Config setup = HazelcastSetup.of(config);
    HazelcastInstance started =
        HazelcastInstanceFactory.newHazelcastInstance(
            setup, setup.getInstanceName(), new GuardedNodeContext(config));
    HazelcastMeeting meeting = new HazelcastMeeting(started);
    Told told = new Told(onChange);
    var unused = started.getCluster().addMembershipListener(told);
    unused = meeting.rules.addEntryListener(told, false);
    unused = meeting.members.addEntryListener(told, false);
    return meeting;
  }

  /** Passes every news on, without what it is. */
  private record Told(Runnable onChange)
      implements MembershipListener,
          EntryAddedListener<String, byte[]>,
          EntryUpdatedListener<String, byte[]> {
    @Override
    public void memberAdded(MembershipEvent event) {
      onChange.run();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      onChange.run();
    }

    @Override
    public void entryAdded(EntryEvent<String, byte[]> event) {
      onChange.run();
    }

    @Override
    public void entryUpdated(EntryEvent<String, byte[]> event) {
      onChange.run();
    }
  }

  @Override
  public boolean isRunning() {
    return hazelcast.getLifecycleService().isRunning();
  }

  @Override
  public List<Member> members() {
    List<Member> all = new ArrayList<>();
    for (com.hazelcast.cluster.Member one : hazelcast.getCluster().getMembers()) {
      MemberAddress address =
          new MemberAddress(one.getAddress().getHost(), one.getAddress().getPort());
      all.add(
          new Member(
              one.getUuid().toString(),
              attribute(one, HazelcastSetup.NAME_ATTRIBUTE),
              address.toString(),
              attribute(one, HazelcastSetup.LISTED_ATTRIBUTE),
              one.localMember()));
    }
    return all;
  }

  private static String attribute(com.hazelcast.cluster.Member member, String name) {
    String value = member.getAttribute(name);
    return value == null ? "?" : value;
  }

  @Override
  public byte @Nullable [] rules() {
    return rules.get(RULES_KEY);
  }

  @Override
  public boolean replaceRules(byte @Nullable [] expected, byte[] next) {
    return expected == null
        ? rules.putIfAbsent(RULES_KEY, next) == null
        : rules.replace(RULES_KEY, expected, next);
  }

  @Override
  public Map<String, byte[]> statuses() {
    Map<String, byte[]> all = new HashMap<>();
    members.entrySet().forEach(entry -> all.put(entry.getKey(), entry.getValue()));
    return all;
  }

  @Override
  public void publish(String name, byte[] status) {
    members.set(name, status);
  }

  @Override
  public void forget(String name) {
    members.delete(name);
  }

  /** At once: what there is to hand over, each member has. */
  @Override
  public void close() {
    hazelcast.getLifecycleService().terminate();
  }
}
