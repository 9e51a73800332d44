// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A running Open vSwitch with DPDK: its database, its daemon with one poll thread (PMD), and one
 * bridge from an emulated NIC (net_null) to a vhost-user port. All its files lie in one directory,
 * its devices in a network namespace of its own. One thread at a time.
 */
public final class OvsDpdk implements AutoCloseable {
  /** OpenFlow number of the emulated NIC. */
  public static final String NIC = "1";

  /** OpenFlow number of the vhost-user port. */
  public static final String GUEST = "2";

  /** DPDK maps its memory before the daemon answers: 0.4 s on a free core. */
  private static final long START_TIMEOUT_MS = 60_000;

  private static final long END_TIMEOUT_MS = 10_000;
  private static final String BRIDGE = "br0";

  private static final Pattern RECEIVED = Pattern.compile("packets received: (\\d+)");
  private static final Pattern BUSY = Pattern.compile("processing cycles: (\\d+)");

  /**
   * What to start.
   *
   * @param cpu core of all its threads
   * @param nic the physical port
   * @param socket where the guest connects: in an empty directory, all of 107 bytes at most; its
   *     last part is the port's name, 15 characters at most
   */
  public record Setup(int cpu, NicPort nic, Path socket) {}

  /**
   * A physical port.
   *
   * @param name of the port; of the interface, where it has one
   * @param options words of {@code ovs-vsctl set Interface}
   * @param netns network namespace that the interface is in; null for a port without one
   */
  public record NicPort(String name, List<String> options, @Nullable String netns) {
    /** Takes a private copy. */
    public NicPort {
      options = List.copyOf(options);
    }

    /**
     * DPDK's emulated NIC (net_null).
     *
     * @param frameBytes frame length without FCS
     * @param copy whether it writes and reads each frame
     */
    public static NicPort emulated(int frameBytes, boolean copy) {
      String device = "net_null0,size=" + frameBytes + ",copy=" + (copy ? 1 : 0);
      String arguments = "options:dpdk-devargs=\"" + device + "\"";
      return new NicPort("nic", List.of("type=dpdk", arguments), null);
    }

    /** Open vSwitch's own AF_XDP port (netdev-afxdp), in the kernel's copy mode. */
    public static NicPort xdp(Veth veth) {
      return new NicPort(
          veth.near(),
          List.of("type=afxdp", "options:n_rxq=1", "options:xdp-mode=native"),
          veth.namespace().name());
    }
  }

  private final Setup setup;
  private final Path directory;
  private final NetworkNamespace namespace;
  private final List<PeerProcess> processes = new ArrayList<>();

  private OvsDpdk(Setup setup, NetworkNamespace namespace) {
    this.setup = setup;
    this.directory = setup.socket.resolveSibling("").toAbsolutePath();
    this.namespace = namespace;
  }

  /**
   * Starts it; its vhost-user socket is there on return, its table is empty.
   *
   * @throws PeerException if something is missing, with the command that mends it
   */
  public static OvsDpdk start(Setup setup) {
    for (String missing : missing()) {
      throw new PeerException(missing);
    }
    OvsDpdk ovs = new OvsDpdk(setup, NetworkNamespace.create());
    try {
      ovs.startDatabase();
      ovs.startDaemon();
      ovs.addBridge();
    } catch (PeerException e) {
      ovs.close();
      throw e;
    }
    return ovs;
  }

  private static List<String> missing() {
    List<String> missing = new ArrayList<>();
    for (String found :
        new String[] {
          PeerRequirements.ovsDpdk(),
          PeerRequirements.networkNamespaces(),
          PeerRequirements.hugePages(PeerRequirements.OVS_MEMORY_MIB)
        }) {
      if (found != null) {
        missing.add(found);
      }
    }
    return missing;
  }

  private void startDatabase() {
    Commands.run("ovsdb-tool", "create", file("conf.db"), PeerRequirements.OVS_SCHEMA.toString());
    processes.add(
        PeerProcess.start(
            "ovsdb-server",
            List.of(
                "ovsdb-server",
                file("conf.db"),
                "--remote=punix:" + file("db.sock"),
                "--unixctl=" + file("db.ctl"))));
    await("db.sock");
    vsctl("--no-wait", "init");
    String mask = "0x" + Long.toHexString(1L << setup.cpu);
    vsctl(
        "--no-wait",
        "set",
        "Open_vSwitch",
        ".",
        "other_config:dpdk-init=true",
        "other_config:dpdk-socket-mem=" + PeerRequirements.OVS_MEMORY_MIB,
        // All threads on the switch's core, as those of the other subjects.
        "other_config:dpdk-lcore-mask=" + mask,
        "other_config:pmd-cpu-mask=" + mask,
        "other_config:n-handler-threads=1",
        "other_config:n-revalidator-threads=1",
        "other_config:dpdk-extra=--in-memory --single-file-segments --no-pci --no-telemetry"
            + " --file-prefix="
            + TestpmdOptions.newFilePrefix());
  }

  private void startDaemon() {
    processes.add(
        PeerProcess.start(
            "ovs-vswitchd-dpdk",
            List.of(
                "ip",
                "netns",
                "exec",
                netns(),
                "env",
                "OVS_RUNDIR=" + directory,
                PeerRequirements.OVS_DAEMON.toString(),
                "unix:" + file("db.sock"),
                "-vsyslog:off",
                "--unixctl=" + file("switch.ctl"))));
    await("switch.ctl");
  }

  private String netns() {
    return setup.nic.netns == null ? namespace.name() : setup.nic.netns;
  }

  private void addBridge() {
    vsctl(
        "add-br",
        BRIDGE,
        "--",
        "set",
        "bridge",
        BRIDGE,
        "datapath_type=netdev",
        "fail_mode=secure");
    port(setup.nic.name, NIC, setup.nic.options.toArray(String[]::new));
    // Deprecated in favour of dpdkvhostuserclient, where the guest makes the socket; with it the
    // NF is started like those of the other subjects.
    String guest = setup.socket.getFileName().toString();
    port(guest, GUEST, "type=dpdkvhostuser");
    await(guest);
  }

  private void port(String name, String number, String... options) {
    List<String> words =
        new ArrayList<>(List.of("add-port", BRIDGE, name, "--", "set", "Interface"));
    words.add(name);
    words.addAll(List.of(options));
    words.add("ofport_request=" + number);
    vsctl(words.toArray(String[]::new));
    String error = vsctl("get", "Interface", name, "error");
    if (!error.equals("[]")) {
      throw new PeerException(daemon().failure("could not add port " + name + ": " + error));
    }
  }

  /** Adds rules, in OVS's text form. */
  public void addFlows(List<String> rules) {
    Path list = directory.resolve("flows.txt");
    try {
      Files.write(list, rules);
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + list, e);
    }
    Commands.run("ovs-ofctl", "add-flows", "unix:" + file(BRIDGE + ".mgmt"), list.toString());
  }

  /** The daemon, whose busiest thread is the PMD. */
  public PeerProcess daemon() {
    return processes.getLast();
  }

  /** Version of Open vSwitch and of DPDK, as it prints them. */
  public String version() {
    return Commands.run(PeerRequirements.OVS_DAEMON.toString(), "--version")
        .lines()
        .limit(2)
        .reduce((ovs, dpdk) -> ovs + ", " + dpdk)
        .orElse("unknown");
  }

  /** What its poll thread has done since the start. */
  public PmdCounters counters() {
    return PmdCounters.parse(
        Commands.run("ovs-appctl", "--target=" + file("switch.ctl"), "dpif-netdev/pmd-stats-show"));
  }

  /**
   * What a PMD has done.
   *
   * @param received packets that it took from all ports
   * @param busyCycles TSC ticks of turns that found packets
   */
  public record PmdCounters(long received, long busyCycles) {
    /** The sums over all PMDs in the answer to {@code dpif-netdev/pmd-stats-show}. */
    static PmdCounters parse(String text) {
      // The main thread has a section of its own, with packets that were sent by hand.
      int end = text.indexOf("main thread");
      String pmds = end < 0 ? text : text.substring(0, end);
      if (!RECEIVED.matcher(pmds).find()) {
        throw new PeerException("no counters of a PMD in: " + text);
      }
      return new PmdCounters(sum(RECEIVED, pmds), sum(BUSY, pmds));
    }

    private static long sum(Pattern pattern, String text) {
      long sum = 0;
      for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
        sum += Long.parseLong(matcher.group(1));
      }
      return sum;
    }
  }

  private String vsctl(String... words) {
    List<String> command =
        // A socket that is bound is a file already, and refuses whoever comes before it listens.
        new ArrayList<>(
            List.of("ovs-vsctl", "--timeout=10", "--retry", "--db=unix:" + file("db.sock")));
    command.addAll(List.of(words));
    return Commands.run(command.toArray(String[]::new));
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  /** Waits for a file of the process started last. */
  private void await(String name) {
    PeerProcess process = processes.getLast();
    Path path = directory.resolve(name);
    long deadlineNs = System.nanoTime() + START_TIMEOUT_MS * 1_000_000;
    while (!Files.exists(path)) {
      if (!process.alive() || System.nanoTime() > deadlineNs) {
        throw new PeerException(process.failure("did not make " + path));
      }
      Pause.ms(20);
    }
  }

  /** The daemon first; then what it lived on. */
  @Override
  public void close() {
    try {
      for (PeerProcess process : processes.reversed()) {
        if (process.alive()) {
          process.terminate();
          process.awaitEnd(END_TIMEOUT_MS);
        }
        process.close();
      }
    } finally {
      namespace.close();
    }
  }
}
