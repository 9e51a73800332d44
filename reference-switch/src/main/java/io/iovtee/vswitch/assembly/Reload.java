// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.FlowTable;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.config.SwitchConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Carries a changed configuration out with the fewest changes: a port whose keys are the same is
 * not touched; rules, groups and meters are swapped as a whole. What can not change while the
 * switch runs is reported.
 */
public final class Reload {
  /** All keys that {@link #apply} does not carry out. */
  private static final Map<String, Function<SwitchConfig, Object>> ONLY_AT_START =
      new LinkedHashMap<>();

  static {
    ONLY_AT_START.put("name", SwitchConfig::name);
    ONLY_AT_START.put("pool-chunks", SwitchConfig::poolChunks);
    ONLY_AT_START.put("huge-pages", SwitchConfig::hugePages);
    ONLY_AT_START.put("guest-memory-max-mib", SwitchConfig::guestMemoryMax);
    ONLY_AT_START.put("warm-up-ms", SwitchConfig::warmUpMs);
    ONLY_AT_START.put("vlan-limit", SwitchConfig::vlanLimit);
    ONLY_AT_START.put("loops", SwitchConfig::loopCpus);
    ONLY_AT_START.put("plugins", config -> config.plugins().values());
  }

  private final VSwitch vswitch;
  private SwitchConfig current;

  public Reload(VSwitch vswitch, SwitchConfig started) {
    this.vswitch = vswitch;
    current = started;
  }

  /**
   * Makes the switch equal to the configuration; returns what was done, one line each.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or a value that is wrong; then
   *     nothing was changed
   * @throws IncompleteException if the system refuses a port or a mirror: all else is carried out,
   *     and the next call tries again
   */
  public synchronized List<String> apply(SwitchConfig next) {
    next.ports().values().forEach(vswitch::checkPort);
    GuestSockets.checkEachOther(next.ports());
    next.mirrors().values().forEach(MirrorConfig::of);
    List<String> done = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    removeMirrors(next, done);
    removePorts(next, done); // all before the first is added: two may exchange their sockets
    next.ports().forEach((name, keys) -> addPort(name, keys, done, refused));
    addMirrors(next, done, refused);
    done.addAll(changeRules(next, groups -> next.groups()));
    if (next.puntRate() != current.puntRate()) {
      vswitch.setPuntRate(next.puntRate());
      done.add("punt-rate-pps %d instead of %d".formatted(next.puntRate(), current.puntRate()));
    }
    List<String> restart = needingRestart(next);
    if (!restart.isEmpty()) {
      done.add(
          String.join(", ", restart)
              + (restart.size() == 1 ? " stays as it was" : " stay as they were")
              + " when the switch started: a change needs a restart");
    }
    current = next;
    if (!refused.isEmpty()) {
      throw new IncompleteException(done, refused);
    }
    if (done.isEmpty()) {
      done.add("nothing changed");
    }
    return done;
  }

  /** Not all could be carried out. The message says what was refused, and why. */
  public static final class IncompleteException extends IllegalStateException {
    private static final long serialVersionUID = 1L;
    private final transient List<String> done;

    private IncompleteException(List<String> done, List<String> refused) {
      super(String.join("; ", refused));
      this.done = done;
    }

    /** What was carried out, one line each. */
    public List<String> done() {
      return done;
    }
  }

  /** Keys whose values differ from those that the switch was started with, and only count there. */
  private List<String> needingRestart(SwitchConfig next) {
    SwitchConfig started = vswitch.config();
    List<String> keys = new ArrayList<>();
    ONLY_AT_START.forEach((key, value) -> {
      if (!value.apply(next).equals(value.apply(started))) {
        keys.add(key);
      }
    });
    return keys;
  }

  /**
   * Reads the files of the rules' directory again, and nothing else. Rules are those of the files
   * then, and no others; of groups and meters only those change that the files name otherwise than
   * before, see {@link GroupStore#afterFile}. Returns what was done, nothing if all is as it was.
   *
   * @throws io.iovtee.vswitch.config.ConfigException with file and line; then nothing was changed
   * @throws IllegalArgumentException if a group or meter goes that one which somebody has added
   *     names; then nothing was changed
   */
  public synchronized List<String> rereadRules() {
    SwitchConfig before = current;
    SwitchConfig next = before.withRulesReread();
    List<String> done =
        changeRules(next, groups -> groups.afterFile(before.groups(), next.groups()));
    current = next;
    return done;
  }

  /** The configuration that the switch was made equal to last. */
  public synchronized SwitchConfig current() {
    return current;
  }

  private List<String> changeRules(SwitchConfig next, UnaryOperator<GroupStore> nextGroups) {
    List<String> done = new ArrayList<>();
    boolean otherGroups = !next.groups().equals(current.groups());
    if (otherGroups || !next.flows().equals(current.flows())) {
      await(vswitch.replaceRules(nextGroups, next.flows()));
      done.add("%d rules instead of %d".formatted(next.flows().size(), current.flows().size()));
    }
    if (otherGroups) {
      done.add(
          "%d groups and %d meters instead of %d and %d"
              .formatted(
                  next.groups().groups().size(),
                  next.groups().meters().size(),
                  current.groups().groups().size(),
                  current.groups().meters().size()));
    }
    return done;
  }

  /** Before ports change: those that changed, and those that are gone. */
  private void removeMirrors(SwitchConfig next, List<String> done) {
    current
        .mirrors()
        .forEach((name, keys) -> {
          Section after = next.mirrors().get(name);
          if ((after == null || !after.values().equals(keys.values()))
              && vswitch.removeMirror(name)) {
            done.add("mirror " + name + " removed");
          }
        });
  }

  private void addMirrors(SwitchConfig next, List<String> done, List<String> refused) {
    next.mirrors()
        .forEach((name, keys) -> {
          if (vswitch.mirrors().stream().noneMatch(mirror -> mirror.name().equals(name))) {
            add("mirror " + name, () -> vswitch.addMirror(name, keys), done, refused);
          }
        });
  }

  /** One that the system refuses costs nobody else his port. */
  private static void add(String what, Runnable adding, List<String> done, List<String> refused) {
    try {
      adding.run();
      done.add(what + " added");
    } catch (RuntimeException e) {
      refused.add(what + " not added: " + e.getMessage());
    }
  }

  private static void await(CompletionStage<FlowTable.Changed> change) {
    try {
      var unused = change.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Those that are gone, and those that changed. */
  private void removePorts(SwitchConfig next, List<String> done) {
    current
        .ports()
        .forEach((name, keys) -> {
          Section after = next.ports().get(name);
          if (after == null || !after.values().equals(keys.values())) {
            remove(name, done);
          }
        });
  }

  /** Also one whose keys are as before, but which an earlier change took away or did not bring. */
  private void addPort(String name, Section keys, List<String> done, List<String> refused) {
    boolean isThere = vswitch.ports().stream().anyMatch(port -> port.name().equals(name));
    if (!isThere || !current.ports().containsKey(name)) {
      add("port " + name, () -> vswitch.addPort(name, keys), done, refused);
    }
  }

  private void remove(String name, List<String> done) {
    if (vswitch.removePort(name)) {
      done.add("port " + name + " removed");
    }
  }
}
