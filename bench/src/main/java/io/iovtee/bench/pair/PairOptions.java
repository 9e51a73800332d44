// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.WindowOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of comparisons of a switch and its NF on two cores. Fields are set by picocli. */
final class PairOptions {
  /** So many ports' rings are filled by the buffers that a testpmd has here. */
  private static final int FUNCTIONS_MAX = 8;

  @Mixin WindowOptions counting = new WindowOptions();

  @Option(
      names = "--frame-sizes",
      split = ",",
      defaultValue = "64,1514",
      paramLabel = "BYTES",
      description = "Frame lengths without FCS, 60 to 1514 (default: ${DEFAULT-VALUE}).")
  List<Integer> frameSizes = List.of();

  @Option(
      names = "--subjects",
      split = ",",
      defaultValue = "testpmd,copy,write-through",
      paramLabel = "NAME",
      converter = Subject.Converter.class,
      description =
          "Who takes part: testpmd, copy, write-through, auto (the mapping in mode auto), ovs (Open"
              + " vSwitch with DPDK), limit (oneway --nic xdp: a bare AF_XDP receiver)"
              + " (default: ${DEFAULT-VALUE}).")
  List<Subject> subjects = List.of();

  @Option(
      names = "--nfs",
      paramLabel = "COUNT",
      description =
          "Network functions, each on a vhost-user port of its own and all on one core, each with"
              + " its part of the NIC's frames, 1 to 8 (default: 1; bench scale: 4).")
  @Nullable Integer functions;

  @Option(
      names = "--rules",
      defaultValue = "1",
      description =
          "Flow rules in the table of each switch that has one (testpmd has none); no frame hits"
              + " those beyond the two that forward (default: ${DEFAULT-VALUE}).")
  int rules;

  @Option(
      names = "--tables",
      defaultValue = "1",
      description =
          "Tables that each frame goes through, by goto_table, before the rules that forward"
              + " (default: ${DEFAULT-VALUE}).")
  int tables;

  @Option(
      names = "--nic",
      defaultValue = "soft",
      paramLabel = "NIC",
      converter = Nic.Converter.class,
      description =
          "What the switch's physical port is: soft (emulated inside of the switch), or xdp (AF_XDP"
              + " on a veth pair, at whose far end oneway sends live frames of BPF, and pvp sends"
              + " every frame back; subject ovs uses its own AF_XDP port) (default:"
              + " ${DEFAULT-VALUE}).")
  private Nic nicKind = Nic.SOFT;

  @Option(
      names = "--transmit",
      defaultValue = "ring",
      paramLabel = "HOW",
      description =
          "How our switch sends with --nic xdp: ring (the socket's), or redirect (key transmit of"
              + " the port) (default: ${DEFAULT-VALUE}).")
  String transmit = "ring";

  @Option(
      names = "--in-order",
      defaultValue = "mapped",
      paramLabel = "WHEN",
      converter = InOrder.Converter.class,
      description =
          "When our switch offers the NF VIRTIO_F_IN_ORDER, as testpmd always does: mapped (pvp, to"
              + " the NF of write-through where the rules prove the order), never, always (in"
              + " oneway, and to those of copy and auto, too) (default: ${DEFAULT-VALUE}).")
  InOrder inOrder = InOrder.MAPPED;

  @Option(
      names = "--nic-copy",
      description =
          "The emulated NIC writes every byte of each frame that it receives and reads every byte"
              + " of each that it sends, on the switch's core, as DPDK's net_null with copy=1.")
  private boolean nicCopy;

  @Option(
      names = "--windows",
      defaultValue = "9",
      description =
          "Accepted windows per subject, all starts together (default: ${DEFAULT-VALUE}).")
  int windows;

  @Option(
      names = "--window-seconds",
      defaultValue = "2",
      description = "Length of a window, 0.5 or more (default: ${DEFAULT-VALUE}).")
  double windowSeconds;

  @Option(
      names = "--nf",
      defaultValue = "testpmd",
      paramLabel = "FUNCTION",
      description =
          "What the network functions are: testpmd (DPDK's), or light (pvp: our own driver, which"
              + " swaps MAC addresses as testpmd does and costs less) (default: ${DEFAULT-VALUE}).")
  private String functionKind = "testpmd";

  @Option(
      names = "--nf-args",
      defaultValue = "",
      paramLabel = "DEVARGS",
      description =
          "More arguments of the NF's virtio-user device, the same for all subjects,"
              + " for example mrg_rxbuf=0,in_order=0.")
  String functionArguments = "";

  /** What all options together say. */
  Nic nic() {
    return nicCopy ? Nic.SOFT_COPY : nicKind;
  }

  /** Whether network functions are our own, not testpmd's. */
  boolean lightFunctions() {
    return functionKind.equals("light");
  }

  /** The first option with a value that can not work, with what is allowed; or null. */
  @Nullable String firstError() {
    for (int size : frameSizes) {
      if (size < 60 || size > 1514) {
        return "--frame-sizes: " + size + " is not in 60..1514";
      }
    }
    if (!List.of("ring", "redirect").contains(transmit)) {
      return "--transmit: " + transmit + " is none of ring, redirect";
    }
    if (!List.of("testpmd", "light").contains(functionKind)) {
      return "--nf: " + functionKind + " is none of testpmd, light";
    }
    if (lightFunctions() && !functionArguments.isEmpty()) {
      return "--nf-args is of testpmd, --nf is light";
    }
    if (nicCopy && nicKind != Nic.SOFT) {
      return "--nic-copy is of the emulated NIC, --nic is " + nicKind.label();
    }
    String functionsError = functions == null ? null : functionsError(functions);
    if (functionsError != null) {
      return functionsError;
    }
    if (rules < 1 || rules > Rules.MAX) {
      return "--rules: " + rules + " is not in 1.." + Rules.MAX;
    }
    if (tables < 1 || tables > Rules.TABLES_MAX) {
      return "--tables: " + tables + " is not in 1.." + Rules.TABLES_MAX;
    }
    if (windows < counting.forks) {
      return "--windows: "
          + windows
          + " is below --forks="
          + counting.forks
          + ": each start needs a window";
    }
    if (windowSeconds < 0.5 || windowSeconds > 600) {
      return "--window-seconds: " + windowSeconds + " is not in 0.5..600";
    }
    return counting.firstError();
  }

  /** What is wrong with so many network functions, or null. */
  @Nullable String functionsError(int count) {
    if (count < 1 || count > FUNCTIONS_MAX) {
      return "--nfs: " + count + " is not in 1.." + FUNCTIONS_MAX;
    }
    if (count > 1 && subjects.contains(Subject.OVS)) {
      return "--nfs: " + count + " with subject ovs, whose bridge has one NF here: give --nfs 1";
    }
    if (count > 1 && nic() == Nic.XDP) {
      return "--nfs: " + count + " with --nic xdp, whose frames go to one NF: give --nfs 1";
    }
    return null;
  }

  /** What shapes the numbers, for the report. */
  Map<String, Object> settings() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("frameSizes", frameSizes);
    map.put("rules", rules);
    map.put("tables", tables);
    map.put("nic", nic().label());
    map.put("transmit", transmit);
    map.put("inOrder", inOrder.label());
    map.put("windows", windows);
    map.put("windowSeconds", windowSeconds);
    map.put("nf", functionKind);
    map.put("nfArgs", functionArguments);
    counting.addTo(map);
    return map;
  }
}
