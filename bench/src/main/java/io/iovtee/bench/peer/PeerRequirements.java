// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a peer needs of this machine. Each check answers null, or what is missing and the one
 * command that mends it.
 */
public final class PeerRequirements {
  private static final Path MEMINFO = Path.of("/proc/meminfo");

  private PeerRequirements() {}

  /** Whether testpmd can be started. */
  public static @Nullable String testpmd() {
    if (Commands.find("dpdk-testpmd") == null) {
      return "dpdk-testpmd is not installed; install it with:"
          + " apt-get install --no-install-recommends dpdk-dev";
    }
    return null;
  }

  static final Path OVS_DAEMON = Path.of("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk");
  static final Path OVS_SCHEMA = Path.of("/usr/share/openvswitch/vswitch.ovsschema");

  /** Of one Open vSwitch, in huge pages: fits the buffers of its two ports. */
  public static final int OVS_MEMORY_MIB = 512;

  /** Whether Open vSwitch with DPDK can be started. */
  public static @Nullable String ovsDpdk() {
    return ovsDpdk(OVS_DAEMON, OVS_SCHEMA);
  }

  static @Nullable String ovsDpdk(Path daemon, Path schema) {
    if (Files.isExecutable(daemon) && Files.isReadable(schema)) {
      return null;
    }
    return "Open vSwitch with DPDK is not installed ("
        + daemon
        + "); install it with: apt-get install --no-install-recommends openvswitch-switch-dpdk";
  }

  /**
   * Whether so much memory is free in 2 MiB huge pages.
   *
   * @param mib what all processes together will ask for, in MiB
   */
  public static @Nullable String hugePages(int mib) {
    HugePages pages = HugePages.read();
    int needed = (mib + 1) / 2;
    if (pages.free() >= needed) {
      return null;
    }
    return "too few free huge pages of 2 MiB: needed="
        + needed
        + ", free="
        + pages.free()
        + ", total="
        + pages.total()
        + "; reserve them with: sysctl -w vm.nr_hugepages="
        + (pages.total() - pages.free() + needed);
  }

  /** Whether network namespaces can be made. */
  public static @Nullable String networkNamespaces() {
    if (Commands.find("ip") == null) {
      return "ip is not installed; install it with: apt-get install iproute2";
    }
    if (!effectiveCapability(CAP_NET_ADMIN) || !effectiveCapability(CAP_SYS_ADMIN)) {
      return "network namespaces need CAP_NET_ADMIN and CAP_SYS_ADMIN; run as root (sudo)";
    }
    return null;
  }

  /**
   * Whether the core exists.
   *
   * @param cpu number of a core, from 0
   */
  public static @Nullable String cpu(int cpu) {
    if (cpu >= 0 && Files.isDirectory(Path.of("/sys/devices/system/cpu/cpu" + cpu))) {
      return null;
    }
    return "no such core: cpu=" + cpu + "; see lscpu -e";
  }

  /** Capability numbers of linux/capability.h. */
  private static final int CAP_NET_ADMIN = 12;

  private static final int CAP_SYS_ADMIN = 21;

  private static boolean effectiveCapability(int number) {
    Matcher matcher =
        Pattern.compile("CapEff:\\s+([0-9a-f]+)").matcher(readText(Path.of("/proc/self/status")));
    return matcher.find() && (Long.parseUnsignedLong(matcher.group(1), 16) >>> number & 1) != 0;
  }

  /** Huge pages of 2 MiB, as the kernel counts them. */
  public record HugePages(int total, int free) {
    /** Reads them now; 0 where the kernel has none. */
    public static HugePages read() {
      String text = readText(MEMINFO);
      if (!text.contains("Hugepagesize:       2048 kB")) {
        return new HugePages(0, 0);
      }
      return new HugePages(number(text, "HugePages_Total"), number(text, "HugePages_Free"));
    }

    private static int number(String text, String key) {
      Matcher matcher = Pattern.compile(key + ":\\s+(\\d+)").matcher(text);
      return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
  }

  private static String readText(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new PeerException("could not read " + path + ": " + e.getMessage(), e);
    }
  }
}
