// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.bench.peer.PeerRequirements.HugePages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the numbers were taken: printed beside them, for a number without it says nothing. */
final class Environment {
  /** What stands in for hardware, stated with every result. */
  static final String EMULATED_NIC =
      "emulated, writes no payload (as DPDK's net_null with copy=0): no PCIe, no DMA, no wire";

  private final String cpuModel = firstGroup("/proc/cpuinfo", "model name\\s*:\\s*(.+)");
  private final String kernel = firstGroup("/proc/sys/kernel/osrelease", "(.+)");
  private final String jdk = System.getProperty("java.vm.version", "unknown");
  private final HugePages hugePages = HugePages.read();
  private String dpdkVersion = "unknown";
  private int tscMhz;

  /** Takes what only a running testpmd knows. */
  void learn(Contestant contestant) {
    dpdkVersion = contestant.dpdkVersion();
    tscMhz = contestant.tscMhz();
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cpuModel", cpuModel);
    map.put("cpus", Runtime.getRuntime().availableProcessors());
    map.put("tscMhz", tscMhz);
    map.put("kernel", kernel);
    map.put("jdk", jdk);
    map.put("dpdk", dpdkVersion);
    map.put("hugePages2MiBTotal", hugePages.total());
    map.put("hugePages2MiBFree", hugePages.free());
    map.put("nic", EMULATED_NIC);
    return map;
  }

  /** One line for people. */
  String line() {
    return String.format(
        "%s, %d cores, TSC %d MHz; Linux %s; JDK %s; %s; %d huge pages of 2 MiB",
        cpuModel,
        Runtime.getRuntime().availableProcessors(),
        tscMhz,
        kernel,
        jdk,
        dpdkVersion,
        hugePages.total());
  }

  private static String firstGroup(String file, String regex) {
    try {
      Matcher matcher = Pattern.compile(regex).matcher(Files.readString(Path.of(file)));
      return matcher.find() ? matcher.group(1).strip() : "unknown";
    } catch (IOException e) {
      return "unknown";
    }
  }
}
