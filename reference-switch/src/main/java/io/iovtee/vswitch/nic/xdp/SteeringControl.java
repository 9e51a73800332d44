// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.RxFlowSpec;
import io.iovtee.vswitch.linux.RxFlowTable;
import io.iovtee.vswitch.linux.RxFlowTable.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Steers flows into queues of a NIC: a flow rule for the flow, and RSS kept off the queue, so that
 * what comes in there is the flow and nothing else. Both are read back. A step that fails undoes
 * those before it. What is in the NIC stands in a {@link SteeringRecord} before it is there, so a
 * switch that crashed cleans up when it starts again.
 *
 * <p>Not tried on hardware: none with flow rules was at hand. Control thread.
 */
final class SteeringControl implements AutoCloseable {
  private final String name;
  private final RxFlowTable table;
  private final SteeringRecord record;
  private final Map<Entry, Integer> installed = new LinkedHashMap<>();
  private final SteeredFlowsControl flows = new SteeredFlowsControl();

  /** As it was before the first change; null while it is so. */
  private int @Nullable [] indirectionBefore;

  private record Entry(RxFlowSpec spec, int queue) {}

  /**
   * @param name the interface, for people
   */
  SteeringControl(String name, RxFlowTable table, SteeringRecord record) {
    this.name = name;
    this.table = table;
    this.record = record;
  }

  /** The same in words of the switch's parser. */
  SteeredFlowsControl flows() {
    return flows;
  }

  /** Removes what a switch that did not end in order has left in the NIC. */
  void removeLeftovers() {
    SteeringRecord.Content left = record.read();
    if (left.isEmpty()) {
      return;
    }
    for (Rule rule : table.rules()) {
      // Only what is still as we wrote it: somebody may have used the place since.
      if (left.rules().contains(new SteeringRecord.Entry(rule.queue(), rule.spec()))) {
        boolean unused = table.delete(rule.location());
      }
    }
    if (left.indirection().length > 0) {
      table.setIndirection(left.indirection());
    }
    record.write(SteeringRecord.Content.EMPTY);
  }

  /**
   * Steers a flow into a queue, alone.
   *
   * @throws RuntimeException with the reason, when the NIC can not; it is then as before
   */
  synchronized void steer(RxFlowSpec spec, int queue) {
    Entry entry = new Entry(spec, queue);
    if (installed.containsKey(entry)) {
      confirm(entry, installed.getOrDefault(entry, 0));
      return;
    }
    List<Runnable> undo = new ArrayList<>();
    try {
      List<Rule> before = ask("flow rules", table::rules);
      for (Rule rule : before) {
        if (rule.queue() == queue && !isOurs(rule)) {
          throw new IllegalStateException(
              "%s has another flow rule into queue %d, location %d: ethtool -N %s delete %d"
                  .formatted(name, queue, rule.location(), name, rule.location()));
        }
      }
      keepRssOff(queue, undo);
      save(entry);
      undo.add(() -> save(null));
      int location = ask("this flow rule", () -> table.insert(spec, queue));
      undo.add(() -> {
        installed.remove(entry);
        boolean unused = table.delete(location);
      });
      installed.put(entry, location);
      confirm(entry, location);
    } catch (RuntimeException e) {
      rollBack(undo, e);
      throw e;
    }
  }

  private static void rollBack(List<Runnable> undo, RuntimeException cause) {
    try {
      for (int i = undo.size() - 1; i >= 0; i--) {
        undo.get(i).run();
      }
    } catch (RuntimeException e) {
      // What could not be undone stays in the record, for the next start.
      cause.addSuppressed(e);
    }
  }

  private boolean isOurs(Rule rule) {
    Integer location = installed.get(new Entry(rule.spec(), rule.queue()));
    return location != null && location == rule.location();
  }

  /** Spreads over the other queues what was spread over this one too. */
  private void keepRssOff(int queue, List<Runnable> undo) {
    int[] now = ask("an indirection table", table::indirection);
    if (Arrays.stream(now).noneMatch(q -> q == queue)) {
      return;
    }
    int[] others = Arrays.stream(now).filter(q -> q != queue).distinct().toArray();
    if (others.length == 0) {
      throw new IllegalStateException(
          "queue %d is the only one that RSS of %s uses: give it another, ethtool -X %s"
              .formatted(queue, name, name));
    }
    int[] next = now.clone();
    for (int i = 0, other = 0; i < next.length; i++) {
      if (next[i] == queue) {
        next[i] = others[other++ % others.length];
      }
    }
    int[] first = indirectionBefore;
    if (first == null) {
      indirectionBefore = now;
      save(null);
    }
    // First in the list, so last to be undone; kept if the NIC does not take the table back.
    undo.add(() -> {
      indirectionBefore = first;
      save(null);
    });
    ask(
        "changes of the indirection table",
        () -> {
          table.setIndirection(next);
          return true;
        });
    undo.add(() -> table.setIndirection(now));
  }

  private void confirm(Entry entry, int location) {
    List<Rule> rules = ask("flow rules", table::rules);
    if (!rules.contains(new Rule(location, entry.queue(), entry.spec()))) {
      throw new IllegalStateException(
          "the flow rule at location %d of %s reads back otherwise than it was written"
              .formatted(location, name));
    }
    int[] spread = ask("an indirection table", table::indirection);
    if (Arrays.stream(spread).anyMatch(q -> q == entry.queue())) {
      throw new IllegalStateException(
          "RSS of %s still spreads frames to queue %d".formatted(name, entry.queue()));
    }
  }

  /** Whether the NIC still has the entry, and nothing else for its queue. */
  synchronized boolean isSteered(RxFlowSpec spec, int queue) {
    Entry entry = new Entry(spec, queue);
    Integer location = installed.get(entry);
    if (location == null) {
      return false;
    }
    try {
      confirm(entry, location);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /**
   * Removes an entry; the last one of the NIC takes the change of the indirection table with it.
   *
   * @return false if there is none
   */
  synchronized boolean unsteer(RxFlowSpec spec, int queue) {
    Integer location = installed.remove(new Entry(spec, queue));
    if (location == null) {
      return false;
    }
    boolean unused = table.delete(location);
    if (installed.isEmpty()) {
      int[] before = indirectionBefore;
      if (before != null) {
        table.setIndirection(before);
        indirectionBefore = null;
      }
    }
    save(null);
    return true;
  }

  /** What is in the NIC, and what is about to be. */
  private void save(@Nullable Entry next) {
    List<SteeringRecord.Entry> entries = new ArrayList<>();
    installed.keySet().forEach(e -> entries.add(new SteeringRecord.Entry(e.queue(), e.spec())));
    if (next != null) {
      entries.add(new SteeringRecord.Entry(next.queue(), next.spec()));
    }
    int[] before = indirectionBefore;
    record.write(new SteeringRecord.Content(entries, before == null ? new int[0] : before));
  }

  private <T> T ask(String what, Supplier<T> question) {
    try {
      return question.get();
    } catch (ErrnoException e) {
      String why =
          switch (e.errno()) {
            case Errno.EOPNOTSUPP -> "its driver has none; mode native filters in the XDP program";
            case Errno.EPERM -> "it needs CAP_NET_ADMIN";
            case Errno.ENOSPC -> "its table is full";
            case Errno.EINVAL -> "its driver refuses; ethtool -K " + name + " ntuple on may help";
            default -> "the kernel refuses";
          };
      throw new IllegalStateException(
          "%s does not do %s: %s (%s)".formatted(name, what, why, e.getMessage()), e);
    }
  }

  /** Takes everything out of the NIC. */
  @Override
  public synchronized void close() {
    for (Entry entry : List.copyOf(installed.keySet())) {
      boolean unused = unsteer(entry.spec(), entry.queue());
    }
  }
}
