// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Rlimit;
import io.iovtee.vswitch.linux.Tap;
import io.iovtee.vswitch.linux.Xsk;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iovtee doctor}: what this machine can do, and the one command that mends each lack. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Says what this machine can do, and the one command that mends each lack.",
      "Exit 0 if 'iovtee run' with an AF_XDP port can work, 1 if something it needs is missing."
    })
final class DoctorCommand implements Callable<Integer> {
  /** Kernels from here on carry the AF_XDP fixes that the switch counts on. */
  private static final int[] KERNEL_MIN = {6, 12};

  private static final int HUGE_PAGES_WANTED = 256;
  private static final int PROCESSORS_WANTED = 2;

  @Option(names = "--json", description = "one JSON object instead of the table")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  /** How much a check matters. */
  enum Level {
    /** Without it AF_XDP ports do not work. */
    needed,
    /** Without it something is slower or left out. */
    useful
  }

  record Check(String what, Level level, boolean ok, String found, String mend) {}

  @Override
  public Integer call() {
    List<Check> checks = checks();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      printJson(checks, out);
    } else {
      printTable(checks, out);
    }
    out.flush();
    return checks.stream().allMatch(c -> c.ok() || c.level() == Level.useful) ? 0 : 1;
  }

  private static List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    checks.add(kernel());
    checks.add(
        new Check("JDK", Level.needed, true, System.getProperty("java.vm.version", "unknown"), ""));
    int processors = Runtime.getRuntime().availableProcessors();
    checks.add(
        new Check(
            "processors",
            Level.useful,
            processors >= PROCESSORS_WANTED,
            String.valueOf(processors),
            "a poll loop and a polling NF want a core each; use 'iovtee nf --sleep' otherwise"));
    checks.add(capability(Capability.NET_ADMIN, "attach the XDP program, make tap interfaces"));
    checks.add(capability(Capability.NET_RAW, "open AF_XDP sockets"));
    checks.add(capability(Capability.BPF, "load the XDP program"));
    checks.add(afXdp());
    checks.add(memlock());
    checks.add(hugePages());
    checks.add(tap());
    checks.add(testpmd());
    checks.add(plugins());
    return checks;
  }

  private static Check kernel() {
    String release = System.getProperty("os.version", "");
    Matcher version = Pattern.compile("(\\d+)\\.(\\d+).*").matcher(release);
    boolean ok =
        version.matches()
            && (Integer.parseInt(version.group(1)) > KERNEL_MIN[0]
                || (Integer.parseInt(version.group(1)) == KERNEL_MIN[0]
                    && Integer.parseInt(version.group(2)) >= KERNEL_MIN[1]));
    return new Check(
        "kernel",
        Level.useful,
        ok,
        release,
        "older kernels have AF_XDP bugs that guests can reach; use 6.12 or later");
  }

  private static Check capability(Capability capability, String use) {
    return new Check(
        "CAP_" + capability.name(),
        Level.needed,
        capability.isEffective(),
        capability.isEffective() ? "yes" : "no",
        "needed to "
            + use
            + ": sudo ./iovtee run …, or AmbientCapabilities=CAP_"
            + capability.name());
  }

  private static Check afXdp() {
    try (Fd socket = Xsk.socket()) {
      return new Check("AF_XDP", Level.needed, true, "socket " + socket.number() + " opened", "");
    } catch (ErrnoException e) {
      return new Check(
          "AF_XDP",
          Level.needed,
          false,
          String.valueOf(e.getMessage()),
          "a kernel with CONFIG_XDP_SOCKETS=y, and CAP_NET_RAW");
    }
  }

  private static Check memlock() {
    long soft = Rlimit.MEMLOCK.soft();
    boolean unlimited = soft == Rlimit.UNLIMITED || Capability.IPC_LOCK.isEffective();
    return new Check(
        "locked memory",
        Level.useful,
        unlimited,
        unlimited ? "unlimited" : soft + " bytes",
        "AF_XDP pins a guest's whole memory: ulimit -l unlimited, or LimitMEMLOCK=infinity");
  }

  private static Check hugePages() {
    int total = number(Path.of("/proc/sys/vm/nr_hugepages"));
    return new Check(
        "huge pages",
        Level.useful,
        total >= HUGE_PAGES_WANTED,
        total + " x 2 MiB",
        "sudo sysctl vm.nr_hugepages=768   (DPDK network functions want them; ours do not)");
  }

  private static Check tap() {
    String found = Tap.DEVICE + " can be opened";
    boolean ok = true;
    try {
      Fd.open(Tap.DEVICE, true).close();
    } catch (ErrnoException e) {
      ok = false;
      found = String.valueOf(e.getMessage());
    }
    return new Check(
        "tap",
        Level.useful,
        ok,
        found,
        "only tap ports need it: modprobe tun, and in a container --device " + Tap.DEVICE);
  }

  /** By lines: some files of /proc end early for a reader that asks for their size first. */
  static int number(Path file) {
    try {
      return Integer.parseInt(Files.readAllLines(file).getFirst().strip());
    } catch (IOException | NumberFormatException | NoSuchElementException e) {
      return 0;
    }
  }

  private static Check testpmd() {
    boolean found = Files.isExecutable(Path.of("/usr/bin/dpdk-testpmd"));
    return new Check(
        "dpdk-testpmd",
        Level.useful,
        found,
        found ? "/usr/bin/dpdk-testpmd" : "not found",
        "sudo apt-get install dpdk-dev   (only tests and benchmarks need it)");
  }

  private static Check plugins() {
    Path directory = Path.of(System.getProperty("iovtee.plugins", "plugins"));
    boolean found = Files.exists(directory.resolve("iovtee-plugin.jar"));
    return new Check(
        "iovtee plugin",
        Level.useful,
        found,
        directory.toString(),
        "without it the switch copies every frame and serves no HTTP: build with ./iovtee");
  }

  /** The checks, and what goes all the same. */
  static void printTable(List<Check> checks, PrintWriter out) {
    for (Check check : checks) {
      String mark = check.ok() ? "ok" : check.level() == Level.needed ? "MISSING" : "lacks";
      out.printf("%-8s %-15s %s%n", mark, check.what(), check.found());
      if (!check.ok()) {
        out.printf("%-8s %-15s -> %s%n", "", "", check.mend());
      }
    }
    if (checks.stream().anyMatch(check -> !check.ok() && check.level() == Level.needed)) {
      out.println(
          "What is MISSING only xdp ports need, and tap ports CAP_NET_ADMIN: 'iovtee demo' and all"
              + " other ports work.");
    }
  }

  private static void printJson(List<Check> checks, PrintWriter out) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Check check : checks) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("what", check.what());
      row.put("level", check.level().name());
      row.put("ok", check.ok());
      row.put("found", check.found());
      row.put("mend", check.ok() ? "" : check.mend());
      rows.add(row);
    }
    out.println(Json.object(Map.of("checks", rows)));
  }
}
