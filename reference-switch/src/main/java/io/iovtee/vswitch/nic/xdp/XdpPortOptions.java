// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import org.jspecify.annotations.Nullable;

/**
 * What to open.
 *
 * @param interfaceName the network interface
 * @param netns the network namespace that it is in, as {@code ip netns} shows it, or a path; null
 *     for the switch's own
 * @param queues receive queues to serve, from 0 on; 0 for all that the interface has. Frames of the
 *     others stay with the host's own network stack
 * @param mode how frames get into the UMEM
 * @param ringSize entries of each ring, a power of two
 * @param promiscuous whether the interface takes frames for any address while the port is open
 * @param passToKernel what happens to frames while their queue has no socket: true hands them to
 *     the host's own network stack, false drops them
 * @param passMissed the same for frames that match none of a queue's filters, or are too long for
 *     its buffers
 * @param redirect whether batches of frames are sent past the Tx ring, see {@link RedirectTx}
 */
public record XdpPortOptions(
    String interfaceName,
    @Nullable String netns,
    int queues,
    XdpMode mode,
    int ringSize,
    boolean promiscuous,
    boolean passToKernel,
    boolean passMissed,
    boolean redirect) {
  /** Absorbs a pause of 1 ms at 2 Mpps. */
  public static final int RING_SIZE_DEFAULT = 2048;

  /** A queue's chunks must be fewer than those of the host pool: 16 Ki times 2 KiB is 32 MiB. */
  public static final int RING_SIZE_MAX = 16384;

  /** A batch must fit. */
  public static final int RING_SIZE_MIN = 64;

  /** Entries of the XSKMAP: more queues than NICs of today have. */
  public static final int QUEUE_COUNT_MAX = 256;

  public XdpPortOptions {
    if (queues < 0 || queues > QUEUE_COUNT_MAX) {
      throw new IllegalArgumentException(
          "queues must be 0 (all) to " + QUEUE_COUNT_MAX + ": queues=" + queues);
    }
    if (Integer.bitCount(ringSize) != 1 || ringSize < RING_SIZE_MIN || ringSize > RING_SIZE_MAX) {
      throw new IllegalArgumentException(
          "ring size must be a power of two, "
              + RING_SIZE_MIN
              + " to "
              + RING_SIZE_MAX
              + ": ringSize="
              + ringSize);
    }
  }

  /** All queues of an interface in this namespace, best mode, dropping what no socket takes. */
  public static XdpPortOptions of(String interfaceName) {
    return new XdpPortOptions(
        interfaceName, null, 0, XdpMode.BEST_EFFORT, RING_SIZE_DEFAULT, true, false, false, false);
  }

  public XdpPortOptions inNamespace(@Nullable String name) {
    return new XdpPortOptions(
        interfaceName,
        name,
        queues,
        mode,
        ringSize,
        promiscuous,
        passToKernel,
        passMissed,
        redirect);
  }

  public XdpPortOptions withMode(XdpMode wanted) {
    return new XdpPortOptions(
        interfaceName,
        netns,
        queues,
        wanted,
        ringSize,
        promiscuous,
        passToKernel,
        passMissed,
        redirect);
  }

  public XdpPortOptions withQueues(int count) {
    return new XdpPortOptions(
        interfaceName,
        netns,
        count,
        mode,
        ringSize,
        promiscuous,
        passToKernel,
        passMissed,
        redirect);
  }

  public XdpPortOptions withRingSize(int size) {
    return new XdpPortOptions(
        interfaceName, netns, queues, mode, size, promiscuous, passToKernel, passMissed, redirect);
  }

  public XdpPortOptions withPassToKernel(boolean pass) {
    return new XdpPortOptions(
        interfaceName, netns, queues, mode, ringSize, promiscuous, pass, passMissed, redirect);
  }

  public XdpPortOptions withPassMissed(boolean pass) {
    return new XdpPortOptions(
        interfaceName, netns, queues, mode, ringSize, promiscuous, passToKernel, pass, redirect);
  }

  public XdpPortOptions withRedirect(boolean wanted) {
    return new XdpPortOptions(
        interfaceName,
        netns,
        queues,
        mode,
        ringSize,
        promiscuous,
        passToKernel,
        passMissed,
        wanted);
  }
}
