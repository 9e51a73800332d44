// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Debian's Open vSwitch with one bridge of emulated ports ({@code --enable-dummy}): no kernel
 * module, no device, no root. Everything it writes lies in one directory, which goes with it.
 */
final class OpenVSwitch implements AutoCloseable {
  private static final String BRIDGE = "br0";
  private static final Path SCHEMA = Path.of("/usr/share/openvswitch/vswitch.ovsschema");
  private static final Path DAEMON = Path.of("/usr/sbin/ovs-vswitchd");
  private static final long WAIT_S = 60;
  private static final Pattern PORT_LINE = Pattern.compile("(?m)^\\s+(\\S+) (\\d+)/(\\d+): \\(");

  private final Path directory;
  private final List<Process> processes = new ArrayList<>();
  private final List<String> ports;
  private @Nullable UnixControl control;

  private OpenVSwitch(Path directory, List<String> ports) {
    this.directory = directory;
    this.ports = ports;
  }

  /** Null, or what is missing and the command that mends it. */
  static @Nullable String missing() {
    return Files.isExecutable(DAEMON) && Files.isReadable(SCHEMA)
        ? null
        : "Open vSwitch is not installed: sudo apt-get install openvswitch-switch";
  }

  /**
   * Starts it.
   *
   * @param ports names; port i gets OpenFlow number i + 1
   */
  static OpenVSwitch start(List<String> ports) throws IOException, InterruptedException {
    // Short: a socket's path may have 107 characters.
    OpenVSwitch ovs = new OpenVSwitch(Files.createTempDirectory("ovs"), ports);
    try {
      ovs.startDaemons();
      ovs.addBridge();
    } catch (IOException | RuntimeException | InterruptedException e) {
      ovs.close();
      throw e;
    }
    return ovs;
  }

  private void startDaemons() throws IOException, InterruptedException {
    run(null, "ovsdb-tool", "create", file("conf.db"), SCHEMA.toString());
    daemon(
        "ovsdb-server",
        file("conf.db"),
        "--remote=punix:" + file("db.sock"),
        "--unixctl=" + file("db.ctl"));
    await(directory.resolve("db.sock"));
    run(null, "ovs-vsctl", database(), "--no-wait", "init");
    daemon(
        DAEMON.toString(),
        "unix:" + file("db.sock"),
        "--enable-dummy=override",
        "--disable-system",
        "--unixctl=" + file("switch.ctl"));
    await(directory.resolve("switch.ctl"));
  }

  private void addBridge() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ovs-vsctl", database(), "--timeout=30"));
    command.addAll(List.of("add-br", BRIDGE, "--", "set", "bridge", BRIDGE));
    command.addAll(List.of("datapath-type=dummy", "fail-mode=secure"));
    for (int i = 0; i < ports.size(); i++) {
      String port = ports.get(i);
      command.addAll(List.of("--", "add-port", BRIDGE, port, "--", "set", "interface", port));
      command.add("type=dummy");
      command.add("ofport_request=" + (i + 1));
      command.add("options:tx_pcap=" + file(port + ".pcap"));
    }
    run(null, command.toArray(String[]::new));
    // Without this OVS takes the ports of first fragments for 0, too (ovs-ofctl(8), set-frags).
    run(null, "ovs-ofctl", "set-frags", management(), "nx-match");
    control = UnixControl.connect(directory.resolve("switch.ctl"));
    ask("vlog/set", "ANY:file:off");
  }

  /** Version as it prints it, for the report of a test. */
  String version() throws IOException, InterruptedException {
    return run(null, "ovs-ofctl", "--version").lines().findFirst().orElse("?");
  }

  /**
   * Makes the bridge's rules equal to these.
   *
   * @param version of OpenFlow that can say them all, as {@code OpenFlow15}
   */
  void replaceFlows(List<String> rules, String version) throws IOException, InterruptedException {
    // Its own replace-flows leaves some rules of another version of OpenFlow behind.
    run(null, "ovs-ofctl", "del-flows", management());
    run(
        String.join("\n", rules) + "\n",
        "ovs-ofctl",
        "-O" + version,
        "add-flows",
        management(),
        "-");
  }

  /** How many tags it reads; from the next rules on. */
  void setVlanLimit(int limit) throws IOException, InterruptedException {
    run(
        null,
        "ovs-vsctl",
        database(),
        "set",
        "Open_vSwitch",
        ".",
        "other_config:vlan-limit=" + limit);
  }

  /** Adds a group and takes it away again: throws with OVS's words if it refuses. */
  void tryGroup(String group) throws IOException, InterruptedException {
    run(null, "ovs-ofctl", "-OOpenFlow15", "add-group", management(), group);
    run(null, "ovs-ofctl", "-OOpenFlow15", "del-groups", management());
  }

  /** Adds a meter and takes it away again: throws with OVS's words if it refuses. */
  void tryMeter(String meter) throws IOException, InterruptedException {
    run(null, "ovs-ofctl", "-OOpenFlow15", "add-meter", management(), meter);
    run(null, "ovs-ofctl", "-OOpenFlow15", "del-meters", management());
  }

  /** Carries out a bundle's commands: throws with OVS's words if it refuses one. */
  void bundle(List<String> commands) throws IOException, InterruptedException {
    run(
        String.join("\n", commands) + "\n",
        "ovs-ofctl",
        "-OOpenFlow15",
        "bundle",
        management(),
        "-");
  }

  /** Its groups as it prints them. */
  List<String> groups() throws IOException, InterruptedException {
    return run(null, "ovs-ofctl", "-OOpenFlow15", "--names", "dump-groups", management())
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("group_id="))
        .toList();
  }

  /** Null if Open vSwitch takes the rule, else its words. */
  static @Nullable String refusalOf(String rule) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("ovs-ofctl", "parse-flow", rule).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? null : text;
  }

  /** {@code ofproto/trace}: what the bridge decides about a frame, with no address learned yet. */
  String trace(String inPort, byte[] frame) {
    ask("fdb/flush", BRIDGE);
    return ask("ofproto/trace", BRIDGE, "in_port=" + inPort, hex(frame));
  }

  /** The datapath's port numbers, by name: what "Datapath actions" name. */
  List<Integer> datapathNumbers() {
    Integer[] numbers = new Integer[ports.size()];
    Matcher line = PORT_LINE.matcher(ask("dpif/show"));
    while (line.find()) {
      int port = ports.indexOf(line.group(1));
      if (port >= 0) {
        numbers[port] = Integer.valueOf(line.group(3));
      }
    }
    return Arrays.asList(numbers);
  }

  /** A frame arrives at an emulated port; when this returns, what leaves for it has left. */
  void receive(String port, byte[] frame) {
    ask("netdev-dummy/receive", port, hex(frame));
    turn();
  }

  /** Waits for a turn of the daemon's main loop: it comes before the third answer. */
  private void turn() {
    for (int i = 0; i < 3; i++) {
      ask("version");
    }
  }

  /** Lets the emulated datapath forget decisions of rules that are gone. */
  void forgetDecisions() {
    turn();
    ask("revalidator/purge");
    turn();
  }

  /** Capture file of what left through a port. */
  Path sent(String port) {
    return directory.resolve(port + ".pcap");
  }

  String ask(String command, String... arguments) {
    UnixControl open = control;
    if (open == null) {
      throw new IllegalStateException("not started");
    }
    return open.ask(command, arguments);
  }

  static String hex(byte[] frame) {
    return java.util.HexFormat.of().formatHex(frame);
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private String database() {
    return "--db=unix:" + file("db.sock");
  }

  private String management() {
    return "unix:" + file(BRIDGE + ".mgmt");
  }

  private ProcessBuilder command(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    for (String variable : List.of("OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR")) {
      builder.environment().put(variable, directory.toString());
    }
    return builder.directory(directory.toFile());
  }

  private String run(@Nullable String input, String... command)
      throws IOException, InterruptedException {
    Process process = command(command).start();
    try (var out = process.getOutputStream()) {
      if (input != null) {
        out.write(input.getBytes(StandardCharsets.UTF_8));
      }
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(WAIT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IllegalStateException(String.join(" ", command) + ": " + text);
    }
    return text;
  }

  private void daemon(String... command) throws IOException {
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(List.of("-vconsole:off", "-vsyslog:off", "-vfile:off"));
    processes.add(
        command(line.toArray(String[]::new))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  private void await(Path socket) throws IOException, InterruptedException {
    long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
    while (!listens(socket)) {
      if (System.nanoTime() - endNs > 0 || !processes.getLast().isAlive()) {
        throw new IOException("Open vSwitch did not start: nobody listens at " + socket);
      }
      Thread.sleep(10);
    }
  }

  /** A socket that is bound is a file already, and refuses whoever comes before it listens. */
  private static boolean listens(Path socket) {
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return probe.isConnected();
    } catch (IOException e) {
      return false; // not yet
    }
  }

  @Override
  public void close() {
    try {
      if (control != null) {
        control.close();
      }
      for (Process process : processes.reversed()) {
        process.destroy();
        if (!process.waitFor(WAIT_S, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
