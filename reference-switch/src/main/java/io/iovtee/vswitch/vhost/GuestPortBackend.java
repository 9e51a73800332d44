// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a vhost-user session asks of the data path, for one guest port.
 *
 * <p>All methods are called by the port's session thread, one at a time, in the order of the
 * front-end's messages. A method that changes something returns only when every poll loop that may
 * touch the port has acknowledged the change; it throws {@link BackendTimeoutException} when a loop
 * did not within {@link #ACKNOWLEDGE_TIMEOUT_MS}. After that exception the session never unmaps the
 * port's memory and never closes its event descriptors (an access after unmapping ends the JVM): it
 * leaks them, says so, and ends the connection.
 *
 * <p>Life of a connection: {@link #connected}, then {@link #memoryChanged} and ring calls as the
 * front-end sends them, then exactly one {@link #disconnected}. Vring {@code 2 * pair} is what the
 * guest receives from, {@code 2 * pair + 1} what it transmits to; always below {@code 2 *
 * queuePairsMax()}.
 *
 * <p>The session owns the memory and the event descriptors. The backend may use them between the
 * call that hands them over and the return of the call that takes them away.
 */
public interface GuestPortBackend {
  /**
   * How long a poll loop may take to acknowledge, ms. A duty cycle takes microseconds and ending a
   * lending takes up to 50 ms per AF_XDP queue; a second of garbage collection on top still fits.
   */
  long ACKNOWLEDGE_TIMEOUT_MS = 5000;

  /** The port's name. */
  String name();

  /** Queue pairs that a front-end may use, 1 or more. */
  int queuePairsMax();

  /** The switch's own frame buffers, mapped in front of each guest's regions. */
  HostPool hostPool();

  /** Limit for the sum of a guest's memory regions, bytes. */
  long memoryMax();

  /**
   * A front-end connected; no rings and no memory yet.
   *
   * @param control the way back: the data path's own reasons to end the connection
   */
  void connected(SessionControl control, SessionInfo info);

  /**
   * Something that people can see has changed: features, regions, rings. Not for acting upon: the
   * other calls carry everything that the data path needs. Must not block.
   */
  void infoChanged(SessionInfo info);

  /**
   * The guest has a new memory table: from the return of this call on nobody uses the previous one,
   * neither the poll loops nor a NIC. Called for the first table as well.
   *
   * @param next the memory to use from now on
   * @param running every started ring, translated for {@code next}; rings keep their positions, the
   *     indices in the set-up are to be ignored
   */
  void memoryChanged(GuestMemory next, List<RunningRing> running);

  /**
   * A ring has everything it needs: size, addresses, base, features, kick, and the driver's consent
   * (DRIVER_OK, where the front-end reports the status).
   *
   * @param enabled false: hold the ring, take and give nothing until {@link #ringEnabled}
   * @param call to be signalled for used buffers, or null when the driver polls; see {@link
   *     #callChanged}
   * @param kick signalled by the driver for available buffers, or null when we have to poll
   */
  void ringStarted(
      int vring,
      VirtqueueSetup setup,
      boolean enabled,
      @Nullable EventFd call,
      @Nullable EventFd kick);

  /**
   * Ends a started ring: every lending of its buffers has ended, every head that was taken has gone
   * back as used.
   *
   * @return the next index of the available ring, 0..65535: the answer to GET_VRING_BASE
   */
  int ringStopped(int vring);

  /** Lets a started ring work, or holds it. */
  void ringEnabled(int vring, boolean enabled);

  /**
   * A started ring has another call descriptor; after the return the previous one is not used any
   * more.
   */
  void callChanged(int vring, @Nullable EventFd call);

  /**
   * The connection has ended: all rings are stopped, all lendings have ended, nobody uses the
   * memory or any event descriptor of this port after the return.
   *
   * @param reason for people
   */
  void disconnected(String reason);

  /** A started ring and where it lies in the new memory. */
  record RunningRing(int vring, VirtqueueSetup setup) {}
}
