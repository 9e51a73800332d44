// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.store.GroupStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
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
 *   punt-rate-pps: 1000       # frames a second that one loop hands over to the API at most
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
 * mirrors:                    # by name, with OVS's names for the keys
 *   tap: {select-src-port: [uplink], select-dst-port: [nf1], output-port: nf2}
 *   file: {select-all: true, pcap: /tmp/all.pcap, max-mib: 256, files: 1}
 * flows:                      # OVS text; default: priority=0,actions=normal
 *   - in_port=uplink,actions=output:nf1
 * flows-directory: flows.d      # files of rules, groups and meters, behind those above
 * flows-directory-watch: true   # read them again when they change; else on SIGHUP alone
 * plugins:
 *   directory: plugins        # default: as given by the launcher
 *   required: true            # a plugin with a section that does not start ends the start
 *   iovtee: {...}             # one section per plugin, the plugin's own
 * </pre>
 *
 * @param name the switch's name
 * @param pool how many buffers the host pool has
 * @param hugePages whether the host pool lies on huge pages
 * @param guestMemoryMax limit for one guest's memory, bytes
 * @param warmUpMs how long the data path runs on frames of its own before the ports open
 * @param vlanLimit VLAN tags that are read or passed over in a frame
 * @param puntRate frames a second that one loop hands over to the API at most
 * @param loopCpus one entry per poll loop: its core, or -1
 * @param ports by name
 * @param mirrors by name
 * @param rules where rules, groups and meters come from
 * @param groups the groups and meters as they were read
 * @param flows the rules as they were read
 * @param pluginDirectory where plugins are, empty for the default
 * @param plugins the plugins' own sections
 */
public record SwitchConfig(
    String name,
    PoolSize pool,
    HugePageUse hugePages,
    long guestMemoryMax,
    long warmUpMs,
    int vlanLimit,
    int puntRate,
    List<Integer> loopCpus,
    Map<String, Section> ports,
    Map<String, Section> mirrors,
    RuleSources rules,
    GroupStore groups,
    List<FlowRule> flows,
    String pluginDirectory,
    Section plugins) {
  /** What stands outermost in a file. */
  public static final List<String> KEYS =
      List.of(
          "switch",
          "loops",
          "ports",
          "mirrors",
          "meters",
          "groups",
          "flows",
          "flows-directory",
          "flows-directory-watch",
          "plugins");

  /** What stands under {@code switch}. */
  public static final List<String> SWITCH_KEYS =
      List.of(
          "name",
          "pool-chunks",
          "huge-pages",
          "guest-memory-max-mib",
          "warm-up-ms",
          "vlan-limit",
          "punt-rate-pps");

  private static final long GUEST_MEMORY_MIB_DEFAULT = 64 * 1024L;
  private static final long GUEST_MEMORY_MIB_MAX = 1L << 20;

  /** Most of what the compiler does for the data path, on one core; longer delays the start. */
  private static final int WARM_UP_MS_DEFAULT = 300;

  private static final int WARM_UP_MS_MAX = 60_000;
  private static final int LOOPS_MAX = 64;
  private static final int CPU_MAX = 1023;

  /** A second of it is a thousand events: what a person or a small controller can follow. */
  private static final int PUNT_RATE_DEFAULT = 1_000;

  private static final int PUNT_RATE_MAX = 1_000_000;

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
    root.allow(KEYS.toArray(String[]::new));
    Section general = root.section("switch").allow(SWITCH_KEYS.toArray(String[]::new));
    List<Integer> loopCpus = loopCpus(root);
    Section plugins = root.section("plugins");
    plugins.flag("required", true); // refuses what is neither true nor false
    Map<String, Section> ports = root.section("ports").sections();
    Map<String, Section> mirrors = root.section("mirrors").sections();
    Set<String> names = portNames(ports, mirrors);
    RuleSources rules = RuleSources.of(root, directory, names);
    RuleSources.Tables tables = rules.read();
    PoolSize pool = new PoolSize(general, ports, loopCpus.size());
    pool.chunks(_ -> 1); // refuses a number that is wrong whatever the interfaces have
    return new SwitchConfig(
        general.text("name", "iovtee"),
        pool,
        hugePages(general),
        general.number("guest-memory-max-mib", GUEST_MEMORY_MIB_DEFAULT, 1, GUEST_MEMORY_MIB_MAX)
            << 20,
        general.number("warm-up-ms", WARM_UP_MS_DEFAULT, 0, WARM_UP_MS_MAX),
        (int)
            general.number(
                "vlan-limit", HeaderParser.VLAN_LIMIT_DEFAULT, 1, HeaderParser.VLAN_LIMIT_MAX),
        (int) general.number("punt-rate-pps", PUNT_RATE_DEFAULT, 1, PUNT_RATE_MAX),
        loopCpus,
        ports,
        mirrors,
        rules,
        tables.groups(),
        tables.rules(),
        plugins.text("directory", ""),
        plugins);
  }

  /** {@link PoolSize#chunks} as far as the file says: with one queue where it says all. */
  public int poolChunks() {
    return pool.chunks(_ -> 1);
  }

  /**
   * All names of ports: those of ports, and of mirrors into files, which are ports of their own.
   */
  public Set<String> portNames() {
    return portNames(ports, mirrors);
  }

  private static Set<String> portNames(Map<String, Section> ports, Map<String, Section> mirrors) {
    Set<String> names = new LinkedHashSet<>(ports.keySet());
    mirrors.forEach((name, keys) -> {
      if (keys.has("pcap")) {
        names.add(name);
      }
    });
    return names;
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

  /**
   * The same with the files of the rules' directory read again.
   *
   * @throws ConfigException with file and line
   */
  public SwitchConfig withRulesReread() {
    RuleSources.Tables tables = rules.read();
    return new SwitchConfig(
        name,
        pool,
        hugePages,
        guestMemoryMax,
        warmUpMs,
        vlanLimit,
        puntRate,
        loopCpus,
        ports,
        mirrors,
        rules,
        tables.groups(),
        tables.rules(),
        pluginDirectory,
        plugins);
  }
}
