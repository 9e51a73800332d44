// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What the switch offers a plugin. Every method may be called from any thread but a poll thread.
 */
public interface SwitchContext {
  /** The switch's name from the configuration. */
  String switchName();

  /** The plugin's own section of the configuration file: strings, numbers, lists, maps. */
  Map<String, Object> config();

  /** The rule table. */
  FlowTable flows();

  /** The groups and meters that rules may name. */
  GroupTable groups();

  /** All ports, in port number order. */
  List<PortInfo> ports();

  /** All NIC receive queues. */
  List<RxQueueControl> rxQueues();

  /** One queue of a NIC port. */
  Optional<RxQueueControl> rxQueue(String port, int queue);

  /** A guest port's receive virtqueue; present while the guest's ring runs. */
  Optional<GuestPort> guestPort(String port);

  /** One consistent reading of all counters. */
  SwitchStats stats();

  /**
   * Adds a port at run time.
   *
   * @param config the same keys as one entry under {@code ports} in the configuration file
   * @throws IllegalArgumentException when a key or value is wrong; the message names it
   * @throws IllegalStateException when the port exists or the system refuses it
   */
  void addPort(String name, Map<String, Object> config);

  /** Removes a port; false when there is none of that name. */
  boolean removePort(String name);

  /** The copies that rules ask for, and behind them all mirrors. */
  List<MirrorInfo> mirrors();

  /**
   * Adds a mirror.
   *
   * @param config the same keys as one entry under {@code mirrors} in the configuration file
   * @throws IllegalArgumentException when a key or value is wrong; the message names it
   * @throws IllegalStateException when the mirror exists, or there are too many
   */
  void addMirror(String name, Map<String, Object> config);

  /** Removes a mirror; false when there is none of that name. */
  boolean removeMirror(String name);

  /**
   * Sends a frame out of a port; no rule sees it.
   *
   * @return why it did not leave, {@link DropReason#NONE} if it did; fails with {@link
   *     IllegalArgumentException} when there is no such port, or the frame is too short or too long
   */
  CompletionStage<DropReason> send(String port, byte[] frame);

  /** Frames that rules handed over. */
  PuntCounters punts();

  /** Tells the listener of changes from now on, on the switch's control thread. */
  void addListener(SwitchListener listener);
}
