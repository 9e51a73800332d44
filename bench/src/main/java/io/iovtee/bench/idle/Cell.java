// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import io.iovtee.bench.report.LabelConverter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collector;
import java.util.stream.Collectors;

/** A switch with some ports: what {@code --cells} names, and a row of the table. */
enum Cell {
  SOFT_INLINE("soft-inline", EnumSet.of(IdlePort.SOFT_INLINE)),
  SOFT_THREAD("soft-thread", EnumSet.of(IdlePort.SOFT_THREAD)),
  VHOST("vhost", EnumSet.of(IdlePort.VHOST)),
  XDP("xdp", EnumSet.of(IdlePort.XDP)),
  /** Ours with all of these ports at once, as far as this machine can have them. */
  ALL("all", EnumSet.allOf(IdlePort.class)),
  /** The peer: DPDK's net_null without frames and net_vhost with the same stopped guest. */
  TESTPMD("testpmd", EnumSet.noneOf(IdlePort.class));

  private final String label;
  private final Set<IdlePort> ports;

  Cell(String label, Set<IdlePort> ports) {
    this.label = label;
    this.ports = ports;
  }

  String label() {
    return label;
  }

  /** Whether something is left to measure where these ports can not be had. */
  boolean canBeMeasured(Set<IdlePort> missing) {
    // The peer, too, stands between a NIC and a guest.
    return this == TESTPMD ? !missing.contains(IdlePort.VHOST) : !portsWithout(missing).isEmpty();
  }

  /** Its ports but these. */
  Set<IdlePort> portsWithout(Set<IdlePort> missing) {
    return ports.stream().filter(port -> !missing.contains(port)).collect(toEnumSet());
  }

  private static Collector<IdlePort, ?, Set<IdlePort>> toEnumSet() {
    return Collectors.toCollection(() -> EnumSet.noneOf(IdlePort.class));
  }

  /** For the report: what the switch has, also where it is not all that the cell stands for. */
  String portNames(Set<IdlePort> has) {
    return this == TESTPMD
        ? "null+vhost"
        : has.stream().map(IdlePort::label).collect(Collectors.joining("+"));
  }

  /** For picocli. */
  static final class Converter extends LabelConverter<Cell> {
    Converter() {
      super(List.of(values()), Cell::label);
    }
  }
}
