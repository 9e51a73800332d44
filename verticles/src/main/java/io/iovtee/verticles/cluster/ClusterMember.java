// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.flow.FlowRule;
import io.iovtee.verticles.bus.Refusal;
import io.iovtee.verticles.cluster.ClusterView.State;
import io.iovtee.verticles.cluster.DesiredRules.Edit;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This switch as a member: keeps the cluster's rules, has them put into the table, and changes them
 * together with the others. Without the others it goes on with the rules that it has.
 *
 * <p>Each member keeps the rules itself, the {@link Meeting} only passes them on. So of what two
 * members have the higher version counts, and of two with the same number (one of which no majority
 * has ever had) the one that the meeting kept. A change is done when a majority keeps it, and none
 * is begun before the one before is kept so: what was answered with success can not be undone by a
 * merge. Cluster thread, but for {@link #view}.
 */
final class ClusterMember {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterMember.class);

  /** Of other members' changes between a look and a change. */
  private static final int ATTEMPTS = 5;

  /** What a majority of members needs to write a small file is less. */
  private static final long CONFIRM_MS = 4_000;

  private static final long CONFIRM_POLL_MS = 10;

  private final ClusterConfig config;
  private final StateFile file;
  private final ClusterTable table;
  private final Roll roll;
  private final Consumer<ClusterEvent> events;
  private final long confirmMs;
  private @Nullable Meeting meeting;
  private DesiredRules rules = DesiredRules.NONE;
  private String stored = DesiredRules.NONE.id();

  /** Set by the switch's control thread, too. */
  private volatile boolean tableIsBehind = true;

  private MemberStatus.Applied applied = MemberStatus.Applied.NOTHING;
  private State state = State.STARTING;
  private long stateSinceMs = System.currentTimeMillis();
  private String problem = "";
  private String fileProblem = "";

  /** What the switch does, as it was told last. */
  private MemberStatus own = MemberStatus.UNKNOWN;

  private volatile ClusterView view;

  ClusterMember(ClusterConfig config, ClusterTable table, Consumer<ClusterEvent> events) {
    this(config, table, events, CONFIRM_MS);
  }

  /** With a limit of the test's. */
  ClusterMember(
      ClusterConfig config, ClusterTable table, Consumer<ClusterEvent> events, long confirmMs) {
    this.confirmMs = confirmMs;
    this.config = config;
    this.table = table;
    this.events = events;
    file = new StateFile(config.stateFile());
    roll = new Roll(config, events);
    view = look();
  }

  /** Reads the rules that it had, and puts them into the table: before there is a meeting. */
  void load() {
    try {
      rules = file.load();
      stored = rules.id();
    } catch (IOException e) {
      fileProblem =
          "the state file can not be read, the other members' rules will do: " + e.getMessage();
      LOG.error("cluster: {}", fileProblem);
    }
    apply();
    view = look();
  }

  /** Meets the others from now on; null where it does not any more. */
  void meet(@Nullable Meeting next) {
    meeting = next;
    if (next == null) {
      roll.note(List.of());
      noteState();
    }
  }

  /** Why there is no meeting yet. */
  void failedToMeet(String why) {
    problem = why;
  }

  /** As this member saw the cluster last; any thread. */
  ClusterView view() {
    return view;
  }

  /** The table or what it may name has changed. */
  void tableChanged() {
    tableIsBehind = true;
  }

  /**
   * Does what is to be done: twice a second, and when something has changed.
   *
   * @param own what the switch does
   */
  void tick(MemberStatus now) {
    own = now;
    Meeting with = meeting;
    if (with != null) {
      try {
        roll.note(with.members());
        noteState();
        if (!roll.nameIsTaken()) {
          byte @Nullable [] unused = sync(with);
        }
        problem = "";
      } catch (RuntimeException e) {
        problem = "the cluster does not answer: " + e.getMessage();
        LOG.debug("cluster", e);
      }
    }
    store();
    apply();
    if (with != null && !roll.nameIsTaken()) {
      try {
        roll.publish(with, status());
      } catch (RuntimeException e) {
        problem = "the cluster does not answer: " + e.getMessage();
      }
    }
    view = look();
  }

  private MemberStatus status() {
    return new MemberStatus(
        own.http(), own.version(), own.startedMs(), own.switched(), stored, applied, problem());
  }

  private String problem() {
    return String.join(
        "; ",
        List.of(roll.problem(), fileProblem, problem).stream()
            .filter(one -> !one.isEmpty())
            .toList());
  }

  private void noteState() {
    State now = roll.liveCount() >= config.quorum() ? State.MAJORITY : State.MINORITY;
    if (now == state) {
      return;
    }
    String who = "%d of %d members".formatted(roll.liveCount(), config.members().size());
    if (now == State.MAJORITY) {
      LOG.info("cluster {}: {} are there, rules can be changed", config.name(), who);
      events.accept(new ClusterEvent(ClusterEvent.Kind.MAJORITY_BACK, config.member(), who));
    } else {
      LOG.warn(
          "cluster {}: only {} are there, it takes {} to change rules; goes on with version {}",
          config.name(),
          who,
          config.quorum(),
          rules.version());
      events.accept(new ClusterEvent(ClusterEvent.Kind.MAJORITY_LOST, config.member(), who));
    }
    state = now;
    stateSinceMs = System.currentTimeMillis();
  }

  /**
   * Brings what this member keeps and what the meeting has together.
   *
   * @return what the meeting has now
   */
  private byte @Nullable [] sync(Meeting with) {
    byte[] bytes = with.rules();
    DesiredRules there = roll.readable(bytes);
    boolean majority = state == State.MAJORITY;
    boolean equal = there.version() == rules.version();
    if (there.version() > rules.version() || (equal && majority && !there.equals(rules))) {
      adopt(there);
    } else if (rules.version() > there.version() && majority) {
      byte[] mine = rules.bytes();
      return with.replaceRules(bytes, mine) ? mine : with.rules();
    }
    return bytes;
  }

  private void adopt(DesiredRules next) {
    rules = next;
    tableIsBehind = true;
    store();
    events.accept(
        new ClusterEvent(
            ClusterEvent.Kind.RULES,
            next.changedBy(),
            "version %d, %d rules".formatted(next.version(), next.rules().size())));
  }

  /** Only what is on disk counts as kept, where there is a file. */
  private void store() {
    String id = rules.id();
    if (stored.equals(id)) {
      return;
    }
    try {
      file.save(rules);
      stored = id;
      fileProblem = "";
    } catch (IOException e) {
      if (fileProblem.isEmpty()) {
        LOG.error("cluster: the state file can not be written, tried again: {}", e.toString());
      }
      fileProblem = "the state file can not be written: " + e;
    }
  }

  private void apply() {
    if (!tableIsBehind) {
      return;
    }
    MemberStatus.Applied before = applied;
    tableIsBehind = false; // what changes from now on is looked at again
    applied = table.apply(rules, before);
    boolean failed = !applied.error().isEmpty();
    tableIsBehind |= failed;
    if (failed && !applied.error().equals(before.error())) {
      LOG.error(
          "cluster: version {} of the rules is not in force here, version {} stays: {}",
          rules.version(),
          applied.version(),
          applied.error());
      events.accept(
          new ClusterEvent(ClusterEvent.Kind.APPLY_FAILED, config.member(), applied.error()));
    } else if (applied.version() != before.version()) {
      LOG.info(
          "cluster: version {} of the rules is in force: {} rules, {} left out",
          applied.version(),
          rules.rules().size() - applied.leftOutCount(),
          applied.leftOutCount());
    }
  }

  /**
   * Changes the rules of all members.
   *
   * @param edit what becomes of the rules; fails with IllegalArgumentException
   * @return when a majority keeps them
   * @throws ClusterRefusedException if it can not be, with the reason
   */
  ClusterCommand.Changed write(Function<List<FlowRule>, Edit> edit, long expectedVersion) {
    Meeting with = checkMay(meeting);
    for (int i = 0; i < ATTEMPTS; i++) {
      byte @Nullable [] there = asked(() -> sync(with));
      if (expectedVersion != ClusterCommand.ANY_VERSION && expectedVersion != rules.version()) {
        throw new ClusterRefusedException(
            Refusal.STALE_VERSION,
            "the cluster's rules changed meanwhile: version=%d, expected=%d; read them again"
                .formatted(rules.version(), expectedVersion));
      }
      if (rules.version() > 0 && !isConfirmedSoon(with)) {
        throw unavailable(
            "version %d is not with a majority of the members yet; try again"
                .formatted(rules.version()));
      }
      Edit edited = edit.apply(rules.rules());
      if (edited.rules().equals(rules.rules())) {
        return new ClusterCommand.Changed(rules, edited.count());
      }
      DesiredRules next = rules.next(edited.rules(), System.currentTimeMillis(), config.member());
      if (asked(() -> with.replaceRules(there, next.bytes()))) {
        adopt(next);
        tick(own);
        confirm(with, next);
        return new ClusterCommand.Changed(next, edited.count());
      }
    }
    throw unavailable("others change the cluster's rules all the time; try again");
  }

  private Meeting checkMay(@Nullable Meeting with) {
    if (with == null) {
      throw unavailable("this switch has not met the other members yet: " + problem());
    }
    roll.note(with.members());
    noteState();
    if (roll.nameIsTaken()) {
      throw unavailable(roll.problem());
    }
    if (state != State.MAJORITY) {
      throw unavailable(
          ("this member reaches %d of %d members, and it takes %d to change the cluster's rules; it"
                  + " goes on with version %d. Ask a member of the majority")
              .formatted(
                  roll.liveCount(), config.members().size(), config.quorum(), rules.version()));
    }
    return with;
  }

  private static ClusterRefusedException unavailable(String why) {
    return new ClusterRefusedException(Refusal.UNAVAILABLE, why);
  }

  private static <T extends @Nullable Object> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (ClusterRefusedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw unavailable(
          "the cluster does not answer, so it is not known whether the rules were changed; look at"
              + " them again: "
              + e.getMessage());
    }
  }

  private boolean isConfirmed(Meeting with) {
    String id = rules.id();
    int keeping = stored.equals(id) ? 1 : 0;
    return keeping + asked(() -> roll.othersKeeping(with, id)) >= config.quorum();
  }

  private void confirm(Meeting with, DesiredRules written) {
    if (!isConfirmedSoon(with)) {
      throw unavailable(
          ("version %d was written, but is not with a majority of the members yet: it comes into"
                  + " force when it is, or goes when the majority has another one")
              .formatted(written.version()));
    }
  }

  /** Members that have just met need a moment to tell each other what they keep. */
  private boolean isConfirmedSoon(Meeting with) {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(confirmMs);
    while (!isConfirmed(with)) {
      if (System.nanoTime() - endNs > 0) {
        return false;
      }
      try {
        Thread.sleep(CONFIRM_POLL_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw unavailable("the switch ends");
      }
    }
    return true;
  }

  private ClusterView look() {
    return new ClusterView(
        config.name(),
        config.member(),
        roll.rows(status()),
        config.members().size(),
        roll.liveCount(),
        config.quorum(),
        state,
        stateSinceMs,
        problem(),
        rules);
  }
}
