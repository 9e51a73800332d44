// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.classifier.UnresolvedPort;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The switch's configuration file, checked as far as it can be without the system.
 *
 * <pre>
 * switch:                     # all optional
 *   name: s1                  # text, default iovtee
 *   pool-chunks: 16384        # 2 KiB buffers of the switch's own; default: see PoolSize
 *   huge-pages: true          # try huge pages for them; false; required
 *   guest-memory-max-mib: 65536
 *   warm-up-ms: 300           # frames of our own before the ports open; 0 for none
 *   vlan-limit: 1             # VLAN tags that rules look behind; 2 for QinQ
 * loops: [{cpu: 1}]           # poll loops and the cores they are pinned to; default one, unpinned
 * ports:                      # by name; keys depend on the type, see the port's own page
 *   uplink: {type: xdp, interface: eth1}
 *   nf1: {type: vhost-user, socket: /run/iovtee/nf1.sock}
 * meters:                     # OVS text; rules and groups name them
 *   - meter=1,kbps,bands=type=drop,rate=1000
 * groups:                     # OVS text; rules name them
 *   - group_id=1,type=select,bucket=output:nf1,bucket=output:nf2
 * flows:                      # OVS text; default: priority=0,actions=normal
 *   - in_port=uplink,actions=output:nf1
 * flows-directory: flows.d      # files of rules, in name order, behind those of flows
 * plugins:
 *   directory: plugins        # default: as given by the launcher
 *   iovtee: {...}             # one section per plugin, the plugin's own
 * </pre>
 *
 * @param name the switch's name
 * @param poolChunks buffers of the host pool
 * @param hugePages whether the host pool lies on huge pages
 * @param guestMemoryMax limit for one guest's memory, bytes
 * @param warmUpMs how long the data path runs on frames of its own before the ports open
 * @param vlanLimit VLAN tags that are read or passed over in a frame
 * @param loopCpus one entry per poll loop: its core, or -1
 * @param ports by name
 * @param groups the groups that rules name
 * @param meters the meters that rules and groups name
 * @param flows the rules
 * @param pluginDirectory where plugins are, empty for the default
 * @param plugins the plugins' own sections
 */
public record SwitchConfig(
    String name,
    int poolChunks,
    HugePageUse hugePages,
    long guestMemoryMax,
    long warmUpMs,
    int vlanLimit,
    List<Integer> loopCpus,
    Map<String, Section> ports,
    List<FlowGroup> groups,
    List<FlowMeter> meters,
    List<FlowRule> flows,
    String pluginDirectory,
    Section plugins) {
  /** 32 MiB, if the ports' rings take no more. */
  private static final int POOL_CHUNKS_DEFAULT = 16 * 1024;

  private static final int POOL_CHUNKS_STEP = 1024;

  /** 8 GiB. */
  private static final int POOL_CHUNKS_MAX = 4 << 20;

  private static final long GUEST_MEMORY_MIB_DEFAULT = 64 * 1024L;
  private static final long GUEST_MEMORY_MIB_MAX = 1L << 20;

  /** Most of what the compiler does for the data path, on one core; longer delays the start. */
  private static final int WARM_UP_MS_DEFAULT = 300;

  private static final int WARM_UP_MS_MAX = 60_000;
  private static final int LOOPS_MAX = 64;
  private static final int CPU_MAX = 1023;
  private static final String FLOWS_DEFAULT = "priority=0,actions=normal";

  /** Groups and meters together, as rules find them. */
  public GroupStore groupStore() {
    return GroupStore.of(groups, meters);
  }

  /** Reads and checks a file. */
  public static SwitchConfig load(Path path) {
    try {
      return parse(Files.readString(path), path.toString(), path.toAbsolutePath().getParent());
    } catch (NoSuchFileException e) {
      throw new ConfigException(
          "%s: no such file; see conf/examples for some to start from".formatted(path), e);
    } catch (IOException e) {
      throw new ConfigException("%s: can not be read: %s".formatted(path, e.getMessage()), e);
    }
  }

  /**
   * Checks a configuration.
   *
   * @param fileName for messages
   */
  public static SwitchConfig parse(String text, String fileName) {
    return parse(text, fileName, null);
  }

  /**
   * @param directory what paths in the file are relative to; null for the working directory
   */
  private static SwitchConfig parse(String text, String fileName, @Nullable Path directory) {
    YamlFile file = YamlFile.parse(text, fileName);
    Section root = new Section(file, "", file.root());
    root.allow(
        "switch", "loops", "ports", "meters", "groups", "flows", "flows-directory", "plugins");
    Section general =
        root.section("switch")
            .allow(
                "name",
                "pool-chunks",
                "huge-pages",
                "guest-memory-max-mib",
                "warm-up-ms",
                "vlan-limit");
    List<Integer> loopCpus = loopCpus(root);
    Section plugins = root.section("plugins");
    Set<String> ports = root.section("ports").sections().keySet();
    GroupStore groups = GroupKeys.read(root, ports);
    return new SwitchConfig(
        general.text("name", "iovtee"),
        poolChunks(general, root.section("ports").sections(), loopCpus.size()),
        hugePages(general),
        general.number("guest-memory-max-mib", GUEST_MEMORY_MIB_DEFAULT, 1, GUEST_MEMORY_MIB_MAX)
            << 20,
        general.number("warm-up-ms", WARM_UP_MS_DEFAULT, 0, WARM_UP_MS_MAX),
        (int)
            general.number(
                "vlan-limit", HeaderParser.VLAN_LIMIT_DEFAULT, 1, HeaderParser.VLAN_LIMIT_MAX),
        loopCpus,
        root.section("ports").sections(),
        List.copyOf(groups.groups()),
        List.copyOf(groups.meters()),
        flows(root, directory, ports, groups),
        plugins.text("directory", ""),
        plugins);
  }

  private static int poolChunks(Section general, Map<String, Section> ports, int loops) {
    long wanted = Math.ceilDiv(PoolSize.wanted(ports, loops), POOL_CHUNKS_STEP) * POOL_CHUNKS_STEP;
    long fitting = Math.clamp(wanted, POOL_CHUNKS_DEFAULT, (long) POOL_CHUNKS_MAX);
    int chunks = (int) general.number("pool-chunks", fitting, POOL_CHUNKS_STEP, POOL_CHUNKS_MAX);
    if (chunks % POOL_CHUNKS_STEP != 0) {
      throw general.error(
          "pool-chunks", "must be a multiple of %d: %d".formatted(POOL_CHUNKS_STEP, chunks));
    }
    if (chunks < wanted) {
      throw general.error(
          "pool-chunks",
          ("%d chunks do not carry the rings of all ports: set %d or more, or smaller ring-size,"
                  + " or leave the key out")
              .formatted(chunks, wanted));
    }
    return chunks;
  }

  private static HugePageUse hugePages(Section general) {
    Object value = general.values().get("huge-pages");
    if (value == null || value.equals(true)) {
      return HugePageUse.TRY;
    }
    if (value.equals(false)) {
      return HugePageUse.NEVER;
    }
    if (value.equals("required")) {
      return HugePageUse.REQUIRED;
    }
    throw general.error("huge-pages", "must be true, false or required: " + value);
  }

  private static List<Integer> loopCpus(Section root) {
    List<Integer> cpus = new ArrayList<>();
    for (Section loop : root.list("loops")) {
      loop.allow("cpu");
      cpus.add((int) loop.number("cpu", -1, 0, CPU_MAX));
    }
    if (cpus.size() > LOOPS_MAX) {
      throw root.error("loops", "at most %d loops: %d".formatted(LOOPS_MAX, cpus.size()));
    }
    return cpus.isEmpty() ? List.of(-1) : List.copyOf(cpus);
  }

  private static List<FlowRule> flows(
      Section root, @Nullable Path directory, Set<String> ports, GroupStore groups) {
    if (!root.has("flows") && !root.has("flows-directory")) {
      return List.of(FlowRuleParser.parseRule(FLOWS_DEFAULT));
    }
    List<FlowRule> rules = new ArrayList<>();
    List<String> places = new ArrayList<>();
    for (Section.Line line : root.lines("flows")) {
      try {
        rules.addAll(FlowRuleParser.parseRules(line.text()));
      } catch (FlowSyntaxException e) {
        throw new ConfigException(line.at() + ": flows: " + e.getMessage(), e);
      }
      places.addAll(Collections.nCopies(rules.size() - places.size(), line.at()));
    }
    if (root.has("flows-directory")) {
      Path relative = Path.of(root.text("flows-directory"));
      Path from = directory == null ? relative : directory.resolve(relative);
      for (RuleDirectory.PlacedRule placed : RuleDirectory.read(from)) {
        rules.add(placed.rule());
        places.add(placed.at());
      }
    }
    refuseUnknownPort(rules, places, ports);
    refuseUnknownGroup(rules, places, groups);
    return List.copyOf(rules);
  }

  /**
   * Here the place in the file is still known.
   *
   * @param places of the rules, {@code file:line}
   */
  private static void refuseUnknownPort(
      List<FlowRule> rules, List<String> places, Set<String> ports) {
    // Which number a port has does not matter for finding the names that have none.
    Classifier lenient = Classifier.compileLenient(rules, port -> ports.contains(port) ? 1 : -1);
    for (UnresolvedPort unknown : lenient.unresolved()) {
      throw new ConfigException(
          "%s: flows: no such port: port=%s, rule=%s; ports here: %s"
              .formatted(
                  places.get(unknown.rule()),
                  unknown.port(),
                  FlowRuleFormatter.format(rules.get(unknown.rule())),
                  ports.isEmpty() ? "none" : String.join(", ", ports)));
    }
  }

  private static void refuseUnknownGroup(
      List<FlowRule> rules, List<String> places, GroupStore groups) {
    for (int i = 0; i < rules.size(); i++) {
      try {
        groups.checkNamed(rules.get(i));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(places.get(i) + ": flows: " + e.getMessage(), e);
      }
    }
  }
}
