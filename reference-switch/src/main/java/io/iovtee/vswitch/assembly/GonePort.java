// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.datapath.PollLoop;
import java.util.List;
import java.util.Map;

/**
 * In place of a NIC port whose interface is gone: it keeps name, number and what was counted until
 * {@link GonePorts} opens the port again. It has no queues, so nothing can be mapped there.
 */
final class GonePort implements SwitchPort {
  private final Section keys;
  private final PortInfo last;
  private final List<InputStats> inputs;
  private final OutputStats output;
  private final PollLoop loop;
  private volatile String reason;

  /** Attempts since the interface was seen again. Control thread, as is the next. */
  private int tries;

  private long nextTryNs;

  /**
   * Made before the port is closed.
   *
   * @param keys the port's section of the configuration
   */
  GonePort(NicSwitchPort port, Section keys, PortNumbers names) {
    this.keys = keys;
    last = port.info();
    inputs = port.inputStats(names);
    output = port.outputStats();
    loop = port.loop();
    reason = "";
    isAbsent();
  }

  Section keys() {
    return keys;
  }

  /** The interface is not there. */
  void isAbsent() {
    reason = last.linkReason() + "; the port opens by itself when it is there again";
    tries = 0;
    nextTryNs = System.nanoTime();
  }

  /** Whether it is time for another attempt to open the port. */
  boolean isDue(long nowNs) {
    return tries < GonePorts.TRIES_MAX && nowNs - nextTryNs >= 0;
  }

  /** The interface is there, and the port can not be opened. */
  void refused(String why, long nowNs) {
    long pauseMs = Math.min(GonePorts.PAUSE_MAX_MS, GonePorts.PAUSE_MIN_MS << Math.min(tries, 10));
    tries++;
    nextTryNs = nowNs + pauseMs * 1_000_000;
    String next =
        tries < GonePorts.TRIES_MAX
            ? "it is tried again"
            : "it was tried " + tries + " times: iovtee port remove " + name() + ", port add";
    reason = "its interface came back, but the port can not be opened: " + why + "; " + next;
  }

  @Override
  public String name() {
    return last.name();
  }

  @Override
  public int number() {
    return last.number();
  }

  @Override
  public PortInfo info() {
    return new PortInfo(
        last.name(),
        last.number(),
        last.type(),
        false,
        reason,
        0,
        last.emulated(),
        Map.of("state", "interface is gone"));
  }

  @Override
  public PollLoop loop() {
    return loop;
  }

  @Override
  public boolean isLive() {
    return false;
  }

  @Override
  public List<InputStats> inputStats(PortNumbers names) {
    return inputs;
  }

  @Override
  public OutputStats outputStats() {
    return output;
  }

  /** Nothing is left to be closed. */
  @Override
  public void close() {}
}
