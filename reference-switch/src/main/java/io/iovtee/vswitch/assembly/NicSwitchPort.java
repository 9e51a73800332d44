// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.datapath.NicBinding;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.PollLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A NIC-like port at work. */
final class NicSwitchPort implements SwitchPort {
  private final String name;
  private final int number;
  private final Section keys;
  private final NicPort nic;
  private final NicBinding binding;
  private final PollLoop loop;
  private final List<QueueControl> queues = new ArrayList<>();

  /**
   * Puts the port to work.
   *
   * @param keys what it was made of
   */
  NicSwitchPort(
      String name,
      int number,
      Section keys,
      NicPort nic,
      List<PollLoop> loops,
      ControlThread control) {
    this.name = name;
    this.keys = keys;
    this.number = number;
    this.nic = nic;
    loop = loops.getFirst();
    binding = new NicBinding(number, nic, loops);
    binding.start(loops);
    for (int q = 0; q < nic.rxQueues(); q++) {
      queues.add(new QueueControl(name, q, binding, control));
    }
  }

  NicPort nic() {
    return nic;
  }

  NicBinding binding() {
    return binding;
  }

  @Override
  public PollLoop loop() {
    return loop;
  }

  Section keys() {
    return keys;
  }

  List<QueueControl> queues() {
    return queues;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public PortInfo info() {
    return new PortInfo(
        name,
        number,
        nic.type(),
        nic.linkUp(),
        nic.linkReason(),
        nic.rxQueues(),
        nic.emulated(),
        nic.details());
  }

  @Override
  public boolean isLive() {
    return nic.linkUp();
  }

  @Override
  public List<InputStats> inputStats(PortNumbers names) {
    List<InputStats> stats = new ArrayList<>();
    for (int q = 0; q < nic.rxQueues(); q++) {
      stats.add(
          CounterReader.input(
              name, q, false, binding.inputCounters(q), names, nic.rxQueue(q).counters()));
    }
    return stats;
  }

  @Override
  public OutputStats outputStats() {
    long frames = 0;
    long bytes = 0;
    long dropped = 0;
    for (int q = 0; q < nic.txQueues(); q++) {
      Map<String, Long> counters = nic.txQueue(q).counters();
      frames += counters.getOrDefault("tx_packets", 0L);
      bytes += counters.getOrDefault("tx_bytes", 0L);
      dropped += counters.getOrDefault("tx_dropped", 0L);
    }
    return new OutputStats(name, frames, bytes, dropped);
  }

  @Override
  public void close() {
    queues.forEach(QueueControl::detachNow);
    binding.stop();
    try {
      nic.close();
    } finally {
      binding.recover(); // what the NIC is known not to have any more
    }
  }
}
