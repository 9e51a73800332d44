// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * NIC ports whose interface is deleted while the switch runs, as happens to a veth with each
 * restart of its container. Such a port is closed at once, which gives guests' memory and the
 * pool's chunks back; when an interface of that name is there again the port is opened on it, with
 * the same keys and number. Control thread.
 */
final class GonePorts {
  private static final Logger LOG = LoggerFactory.getLogger(GonePorts.class);

  /** Attempts on an interface that is there and refuses: for most of an hour. */
  static final int TRIES_MAX = 100;

  /** Before the second attempt; doubled before each further one. Setting up takes that long. */
  static final long PAUSE_MIN_MS = 250;

  /** Between two attempts at most: what an operator waits after mending what was refused. */
  static final long PAUSE_MAX_MS = 30_000;

  private final Map<String, SwitchPort> ports;
  private final PortNumbers names;
  private final Opener opener;
  private final Runnable changed;

  /** Ports that could not be closed; an operator who removes one is told why. */
  private final Set<SwitchPort> stuck = new HashSet<>();

  /** Opens a port anew. */
  @FunctionalInterface
  interface Opener {
    SwitchPort open(String name, int number, Section keys);
  }

  /**
   * Made once.
   *
   * @param ports the switch's; ports are replaced there
   * @param changed told after each change
   */
  GonePorts(Map<String, SwitchPort> ports, PortNumbers names, Opener opener, Runnable changed) {
    this.ports = ports;
    this.names = names;
    this.opener = opener;
    this.changed = changed;
  }

  /** Looks for ports that went and for interfaces that came back. */
  void look() {
    for (SwitchPort port : List.copyOf(ports.values())) {
      if (port instanceof NicSwitchPort nic && nic.nic().isGone() && !stuck.contains(nic)) {
        takeOut(nic);
      } else if (port instanceof GonePort gone && gone.isDue(System.nanoTime())) {
        tryToOpen(gone);
      }
    }
  }

  private void takeOut(NicSwitchPort nic) {
    GonePort gone = new GonePort(nic, nic.keys(), names);
    ports.put(nic.name(), gone); // first: other threads look at ports at any time
    try {
      nic.close();
    } catch (RuntimeException e) {
      LOG.warn("port {}: its interface is gone, and it can not be closed", nic.name(), e);
      ports.put(nic.name(), nic);
      stuck.add(nic);
      return;
    }
    LOG.info("port {}: {}", nic.name(), gone.info().linkReason());
    changed.run();
  }

  private void tryToOpen(GonePort gone) {
    if (!PortFactory.isThere(gone.keys())) {
      gone.isAbsent();
      return;
    }
    String before = gone.info().linkReason();
    try {
      ports.put(gone.name(), opener.open(gone.name(), gone.number(), gone.keys()));
      LOG.info("port {}: its interface is back, the port is open again", gone.name());
      changed.run();
    } catch (RuntimeException e) {
      gone.refused(String.valueOf(e.getMessage()), System.nanoTime());
      if (!before.equals(gone.info().linkReason())) {
        LOG.warn("port {}: {}", gone.name(), gone.info().linkReason());
        changed.run();
      }
    }
  }
}
