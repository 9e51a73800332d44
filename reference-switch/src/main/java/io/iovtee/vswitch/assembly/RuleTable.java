// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static java.util.stream.Collectors.toCollection;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.Action;
import io.iovtee.flow.ClusterCookie;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ClassifierEditor;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.RuleFilter;
import io.iovtee.flow.store.RuleRow;
import io.iovtee.flow.store.RuleStore;
import io.iovtee.flow.store.RuleStore.Change;
import io.iovtee.flow.store.RuleStore.Changes;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.GroupRows;
import io.iovtee.vswitch.datapath.LoopView;
import io.iovtee.vswitch.datapath.MacTable;
import io.iovtee.vswitch.datapath.PollLoop;
import io.iovtee.vswitch.datapath.PortLiveness;
import io.iovtee.vswitch.datapath.RuleActions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The rule table. A change touches only the rules that change: in the store, then in the classifier
 * and the actions, on the control thread; each loop swaps one field and acknowledges.
 *
 * <p>A rule whose actions change gets another index, so that a loop works by the old actions or the
 * new ones, never by half of a change. An index is used again when no loop can find it any more.
 */
final class RuleTable implements FlowTable {
  /** So that all rules can change at once: each has its old and its new index meanwhile. */
  static final int RULES_MAX = Classifier.RULES_MAX / 2;

  /** How often {@link #sweep} is due, ms. Timeouts are late by this and a second at most. */
  static final long SWEEP_MS = 250;

  /** Rules with a timeout that are looked at in one go: a hundred microseconds. */
  private static final int SWEEP_ROWS = 512;

  private final ControlThread control;
  private final PortNumbers numbers;
  private final MacTable macs;
  private final FrameArrivals arrivals;
  private final Listeners listeners;
  private final SwitchGroups groups;
  private final RuleStore<TableRow> store = new RuleStore<>(TableRow::new, RULES_MAX);
  private final RuleActions actions = new RuleActions();
  private final RuleTimeouts timeouts = new RuleTimeouts();
  private final ArrayDeque<Integer> freeIndexes = new ArrayDeque<>();
  private int indexLimit;
  private ClassifierEditor editor;
  private Classifier classifier;
  private List<PollLoop> loops = List.of();
  private List<FlowProgram> programs = List.of();
  private volatile long version = 1;
  private volatile int size;
  private final int vlanLimit;

  /**
   * @param vlanLimit tags that are read or passed over in a frame: 1 or 2
   */
  RuleTable(
      GroupStore groupsAndMeters,
      List<FlowRule> rules,
      int vlanLimit,
      ControlThread control,
      PortNumbers numbers,
      MacTable macs,
      PortLiveness liveness,
      FrameArrivals arrivals,
      Listeners listeners) {
    this.vlanLimit = vlanLimit;
    this.macs = macs;
    this.arrivals = arrivals;
    this.control = control;
    this.numbers = numbers;
    this.listeners = listeners;
    editor = new ClassifierEditor(numbers::lookup);
    groups = new SwitchGroups(this, control, numbers, liveness);
    groups.checkPorts(groupsAndMeters);
    groups.put(groupsAndMeters);
    rules.forEach(rule -> checkNames(rule, groupsAndMeters));
    compile(store.replace(rules));
    classifier = editor.publish();
    size = store.size();
  }

  /** A program for a loop that is about to start. Control thread. */
  FlowProgram program() {
    return FlowProgram.of(classifier, actions, groups.rows()).withVlanLimit(vlanLimit);
  }

  /** From now on changes go to these loops. Control thread. */
  void attach(List<PollLoop> running) {
    loops = running;
    programs = running.stream().map(PollLoop::program).toList();
  }

  /** The groups and meters that the rules name. */
  SwitchGroups groups() {
    return groups;
  }

  /** What loops work by. Control thread. */
  List<FlowProgram> programs() {
    return programs;
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public CompletionStage<Changed> change(List<? extends TableMod> mods, long expectedVersion) {
    List<FlowMod> ofRules = new ArrayList<>();
    List<GroupMod> ofGroups = new ArrayList<>();
    for (TableMod mod : mods) {
      switch (mod) {
        case FlowMod rule -> ofRules.add(rule);
        case GroupMod group -> ofGroups.add(group);
      }
    }
    return control.submit(() -> {
      checkVersion(expectedVersion);
      return ofGroups.isEmpty()
          ? changeRules(ofRules, groups.store(), changes -> {})
          : changeAll(ofRules, ofGroups);
    });
  }

  private Changed changeAll(List<FlowMod> ofRules, List<GroupMod> ofGroups) {
    GroupStore next = groups.store().after(ofGroups);
    groups.checkPorts(next);
    return changeRules(ofRules, next, changes -> groups.checkUnused(next, changes.rows()));
  }

  private Changed changeRules(
      List<FlowMod> mods, GroupStore next, Consumer<Changes<TableRow>> check) {
    mods.forEach(mod -> checkNames(mod, next));
    Changes<TableRow> changes = store.apply(mods, check);
    long nowNs = System.nanoTime();
    changes.named().forEach(row -> row.modify(nowNs));
    mods.forEach(mod -> addAgain(mod, nowNs));
    boolean nothing = changes.rows().isEmpty() && next.equals(groups.store());
    return nothing ? answer(changes) : bringIntoForce(changes, next);
  }

  private void addAgain(FlowMod mod, long nowNs) {
    if (mod instanceof FlowMod.Add(FlowRule rule)) {
      store.byRule(rule).ifPresent(row -> row.addAgain(nowNs));
    }
  }

  @Override
  public CompletionStage<Changed> replace(TableContent content, long expectedVersion) {
    return replaceAll(
        present -> content.groups().orElse(present), content.rules(), expectedVersion);
  }

  /**
   * Replaces rules, and groups and meters with them: no loop works by the rules of one and the
   * groups of the other.
   *
   * @param nextGroups the groups and meters that there shall be, of those that there are
   * @return as {@link #replace(TableContent, long)}
   */
  CompletionStage<Changed> replaceAll(
      UnaryOperator<GroupStore> nextGroups, List<FlowRule> next, long expectedVersion) {
    List<FlowRule> all = List.copyOf(next);
    return control.submit(() -> {
      checkVersion(expectedVersion);
      GroupStore groupsThen = nextGroups.apply(groups.store());
      groups.checkPorts(groupsThen);
      all.forEach(rule -> checkNames(rule, groupsThen));
      Changes<TableRow> changes = store.replace(withClusterRules(all, groupsThen));
      long nowNs = System.nanoTime();
      changes.rows().forEach(change -> change.row().addAgain(nowNs));
      return bringIntoForce(changes, groupsThen);
    });
  }

  /**
   * What a cluster has put here is no file's to take away, but where the file has a rule in its
   * place, or not the group that it needs.
   */
  private List<FlowRule> withClusterRules(List<FlowRule> all, GroupStore groupsThen) {
    List<FlowRule> kept =
        store
            .rows()
            .map(RuleRow::rule)
            .filter(ClusterCookie::isOn)
            .collect(toCollection(ArrayList::new));
    if (kept.isEmpty()) {
      return all;
    }
    Set<List<Object>> places = new HashSet<>();
    all.forEach(rule -> places.add(List.of(rule.priority(), rule.match())));
    kept.removeIf(rule ->
        places.contains(List.<Object>of(rule.priority(), rule.match()))
            || !groupsThen.hasNamed(rule));
    List<FlowRule> together = new ArrayList<>(all);
    together.addAll(kept);
    return together;
  }

  /** A rule that has this action. Control thread. */
  FlowRule ruleWith(Action action) {
    return store
        .rows()
        .map(RuleRow::rule)
        .filter(rule -> rule.actions().contains(action))
        .findFirst()
        .orElseThrow();
  }

  void checkVersion(long expected) {
    if (expected >= 0 && expected != version) {
      throw new IllegalStateException(
          "the rules changed meanwhile: version=%d, expected=%d; read them again"
              .formatted(version, expected));
    }
  }

  private void checkNames(FlowMod mod, GroupStore in) {
    switch (mod) {
      case FlowMod.Add(FlowRule rule) -> checkNames(rule, in);
      case FlowMod.Modify(FlowRule like, boolean _, RuleFilter _) -> checkNames(like, in);
      case FlowMod.Delete _, FlowMod.DeleteId _ -> {}
    }
  }

  /** As OVS it refuses ports that were never configured, and groups and meters not there. */
  private void checkNames(FlowRule rule, GroupStore in) {
    editor.check(rule);
    SwitchGroups.check(rule, in);
  }

  private Changed bringIntoForce(Changes<TableRow> changes, GroupStore nextGroups) {
    if (!changes.deltas().isEmpty()) {
      listeners.tell(l -> l.flowsChanging(changes.deltas()));
    }
    boolean otherGroups = !nextGroups.equals(groups.store());
    GroupRows.Left leftGroups = otherGroups ? groups.put(nextGroups) : GroupRows.Left.NOTHING;
    List<TableRow.Left> left = compile(changes);
    classifier = editor.publish();
    distribute();
    left.forEach(this::takeBack);
    groups.takeBack(leftGroups);
    size = store.size();
    tellChanged();
    return answer(changes);
  }

  private void tellChanged() {
    long changed = version + 1; // only the control thread writes it
    version = changed;
    listeners.tell(l -> l.flowsChanged(changed));
  }

  /** Gives each loop its program; returns when all work by it. */
  private void distribute() {
    List<FlowProgram> nextPrograms = new ArrayList<>();
    List<CompletableFuture<Void>> acknowledged = new ArrayList<>();
    for (int i = 0; i < loops.size(); i++) {
      PollLoop loop = loops.get(i);
      FlowProgram program = programs.get(i).next(classifier, actions, groups.rows());
      nextPrograms.add(program);
      acknowledged.add(loop.execute(() -> loop.setProgram(program)));
    }
    programs = List.copyOf(nextPrograms);
    acknowledged.forEach(CompletableFuture::join);
  }

  private Changed answer(Changes<TableRow> changes) {
    List<FlowEntry> entries =
        changes.named().stream()
            .limit(Changed.ENTRIES_MAX)
            .map(row -> row.entry(programs))
            .toList();
    return new Changed(version, store.size(), changes.named().size(), entries);
  }

  /** Brings the changes into classifier and actions; returns the indexes that are not used now. */
  private List<TableRow.Left> compile(Changes<TableRow> changes) {
    List<TableRow.Left> left = new ArrayList<>();
    if (changes.reordered()) {
      editor = new ClassifierEditor(numbers::lookup);
    }
    for (Change<TableRow> change : changes.rows()) {
      TableRow row = change.row();
      if (row.index() >= 0) {
        leave(row, left, !changes.reordered());
      }
      FlowRule after = change.after();
      groups.ruleChanged(change.before(), after);
      if (after != null) {
        row.moveTo(freeIndex(), programs);
        timeouts.watch(row, programs);
        actions.put(row.index(), after, groups.rows().numbers());
        if (!changes.reordered()) {
          editor.put(row.index(), after, row.order());
        }
      } else {
        timeouts.forget(row);
      }
    }
    if (changes.reordered()) {
      store.rows().forEach(row -> editor.put(row.index(), row.rule(), row.order()));
    }
    return left;
  }

  private void leave(TableRow row, List<TableRow.Left> left, boolean remove) {
    TableRow.Left now = row.leave(programs);
    left.add(now);
    if (remove) {
      editor.remove(now.index());
    }
  }

  private int freeIndex() {
    Integer free = freeIndexes.poll();
    return free == null ? indexLimit++ : free;
  }

  /** No loop finds the index any more: what it counted last is known now. */
  private void takeBack(TableRow.Left left) {
    left.row().addLate(left, programs);
    freeIndexes.add(left.index());
  }

  @Override
  public List<FlowRule> rules() {
    return read("reading the rules", () -> store.rows().map(RuleRow::rule).toList());
  }

  @Override
  public List<FlowRule> inPlaceOf(List<FlowRule> others) {
    return read(
        "looking for rules",
        () ->
            others.stream()
                .flatMap(other -> store.byRule(other).stream())
                .map(RuleRow::rule)
                .toList());
  }

  @Override
  public void overlapping(List<Match> matches, Predicate<FlowRule> goOn) {
    control.run(
        "looking for rules", () -> store.overlapping(matches, row -> goOn.test(row.rule())));
  }

  @Override
  public List<FlowEntry> entries() {
    return read("reading the rules", () -> store.rows().map(row -> row.entry(programs)).toList());
  }

  @Override
  public Optional<FlowEntry> entry(long id) {
    return read("reading a rule", () -> store.byId(id).map(row -> row.entry(programs)));
  }

  @Override
  public Page page(long from, int limit) {
    return read(
        "reading the rules",
        () -> {
          List<TableRow> rows = store.rowsFrom(from).limit(limit + 1L).toList();
          boolean more = rows.size() > limit;
          return new Page(
              version,
              store.size(),
              rows.stream().limit(limit).map(row -> row.entry(programs)).toList(),
              more ? OptionalLong.of(rows.get(limit).order()) : OptionalLong.empty());
        });
  }

  /**
   * Deletes the rules whose time is over, some at a time so that changes need not wait for all.
   * Every {@link #SWEEP_MS}; costs nothing when no timeout is near. Control thread.
   */
  void sweep() {
    long nowNs = System.nanoTime();
    Map<TableRow, ExpiryReason> over = timeouts.takeOver(nowNs, SWEEP_ROWS, programs);
    if (!over.isEmpty()) {
      expire(over);
    }
    if (timeouts.isAnyDue(nowNs)) {
      control.later(this::sweep);
    }
  }

  private void expire(Map<TableRow, ExpiryReason> over) {
    List<FlowMod> deletions = new ArrayList<>();
    over.keySet().forEach(row -> deletions.add(new FlowMod.DeleteId(row.id())));
    bringIntoForce(store.apply(deletions), groups.store());
    List<Expired> expired = new ArrayList<>();
    over.forEach((row, reason) -> expired.add(new Expired(row.entry(programs), reason)));
    listeners.tell(l -> l.flowsExpired(expired));
  }

  private <T> T read(String what, Supplier<T> reading) {
    return control.call(what, reading);
  }

  @Override
  public CompletionStage<FrameVerdict> trace(String inPort, byte[] frame) {
    return control.submit(() -> traceNow(inPort, frame.clone()));
  }

  private FrameVerdict traceNow(String inPort, byte[] frame) {
    int port = numbers.lookup(inPort);
    if (port < 0) {
      throw new IllegalArgumentException("no such port: port=" + inPort);
    }
    long[] key = RuleTrace.key(frame, vlanLimit, port);
    List<LoopView> views = loops.stream().map(loop -> loop.view(key).join()).toList();
    return new RuleTrace(
            programs.getFirst().uncounted(), numbers, macs.copy(), this::entryAt, arrivals)
        .run(inPort, frame, views);
  }

  private FlowEntry entryAt(int index) {
    return store.byRule(classifier.rule(index)).orElseThrow().entry(programs);
  }
}
