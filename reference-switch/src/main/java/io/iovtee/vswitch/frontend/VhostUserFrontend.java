// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frontend;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.vhost.ProtocolFeature;
import io.iovtee.vswitch.vhost.VhostUserRequest;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.util.ArrayList;
import java.util.List;

/**
 * A well-behaved front-end of a network device: negotiates, shares memory, and starts and stops its
 * virtqueues. Says the same things in the same order as DPDK's virtio-user.
 *
 * <p>Life: {@link #negotiate}, {@link #start}, any number of {@link #stop} and {@link #start},
 * {@link #close}. Vring {@code 2 * pair} is where this side receives, {@code 2 * pair + 1} where it
 * transmits. One thread.
 */
public final class VhostUserFrontend implements AutoCloseable {
  private static final Fd[] NO_FDS = {};
  private static final int STATUS_FEATURES_OK = 0x0b;
  private static final int STATUS_DRIVER_OK = 0x0f;
  private static final long PROTOCOL_FEATURES =
      ProtocolFeature.MQ.mask() | ProtocolFeature.REPLY_ACK.mask() | ProtocolFeature.STATUS.mask();

  /** What this driver side can do. */
  public static final long FEATURES =
      VirtioFeature.VERSION_1.mask()
          | VirtioFeature.MRG_RXBUF.mask()
          | VirtioFeature.INDIRECT_DESC.mask()
          | VirtioFeature.EVENT_IDX.mask()
          | VirtioFeature.IN_ORDER.mask()
          | VirtioFeature.MQ.mask()
          | VirtioFeature.PROTOCOL_FEATURES.mask();

  private final FrontendChannel channel;
  private final List<FrontendMemory> memory = new ArrayList<>();
  private final int queueSize;
  private final DriverVirtqueue[] queues;
  private final EventFd[] kicks;
  private final EventFd[] calls;
  private final int[] bases;
  private long features;
  private long protocolFeatures;
  private boolean started;

  /**
   * @param channel connected; closed with this object
   * @param region where the rings are laid out; stays the caller's
   * @param queuePairs 1 or more
   * @param queueSize entries of each ring, a power of two
   */
  public VhostUserFrontend(
      FrontendChannel channel, FrontendMemory region, int queuePairs, int queueSize) {
    this.channel = channel;
    this.memory.add(region);
    this.queueSize = queueSize;
    this.queues = new DriverVirtqueue[2 * queuePairs];
    this.kicks = new EventFd[queues.length];
    this.calls = new EventFd[queues.length];
    this.bases = new int[queues.length];
    for (int i = 0; i < queues.length; i++) {
      kicks[i] = EventFd.create();
      calls[i] = EventFd.create();
    }
  }

  /**
   * Agrees on features and lays the rings out.
   *
   * @param wanted virtio features to take if they are offered; VERSION_1 and PROTOCOL_FEATURES are
   *     taken always, MQ with more than one queue pair
   */
  public void negotiate(long wanted) {
    channel.send(VhostUserRequest.SET_OWNER, false, NO_FDS);
    long offered = channel.ask(VhostUserRequest.GET_FEATURES);
    long protocol = channel.ask(VhostUserRequest.GET_PROTOCOL_FEATURES);
    protocolFeatures = protocol & PROTOCOL_FEATURES;
    channel.send(VhostUserRequest.SET_PROTOCOL_FEATURES, false, NO_FDS, protocolFeatures);
    if (queues.length > 2) {
      checkQueuePairs();
    }
    long needed =
        VirtioFeature.VERSION_1.mask()
            | VirtioFeature.PROTOCOL_FEATURES.mask()
            | (queues.length > 2 ? VirtioFeature.MQ.mask() : 0);
    if ((offered & needed) != needed) {
      throw new FrontendException(
          "back-end does not offer what is needed: offered="
              + VirtioFeature.describe(offered)
              + ", needed="
              + VirtioFeature.describe(needed));
    }
    features = offered & ((wanted & ~VirtioFeature.MQ.mask()) | needed);
    for (int i = 0; i < queues.length; i++) {
      channel.send(VhostUserRequest.SET_VRING_CALL, false, new Fd[] {calls[i].fd()}, i);
    }
    channel.send(VhostUserRequest.SET_FEATURES, false, NO_FDS, features);
    setStatus(STATUS_FEATURES_OK);
    for (int i = 0; i < queues.length; i++) {
      long rings = memory.getFirst().allocate(DriverVirtqueue.bytes(queueSize));
      queues[i] = new DriverVirtqueue(rings, rings, queueSize, features);
    }
  }

  private void checkQueuePairs() {
    long pairs = channel.ask(VhostUserRequest.GET_QUEUE_NUM);
    if (pairs < queues.length / 2) {
      throw new FrontendException(
          "back-end has too few queues: pairs=%d, wanted=%d".formatted(pairs, queues.length / 2));
    }
  }

  private void setStatus(int status) {
    if (ProtocolFeature.STATUS.in(protocolFeatures)) {
      order(VhostUserRequest.SET_STATUS, NO_FDS, status);
    }
  }

  private void order(VhostUserRequest request, Fd[] fds, long... payload) {
    if (ProtocolFeature.REPLY_ACK.in(protocolFeatures)) {
      channel.order(request, fds, payload);
    } else {
      channel.send(request, false, fds, payload);
    }
  }

  /** Shares the memory and starts all rings where they stood. */
  public void start() {
    sendMemoryTable();
    for (int i = 0; i < queues.length; i++) {
      DriverVirtqueue queue = queues[i];
      channel.send(VhostUserRequest.SET_VRING_NUM, false, NO_FDS, pair(i, queueSize));
      channel.send(VhostUserRequest.SET_VRING_BASE, false, NO_FDS, pair(i, bases[i]));
      channel.send(
          VhostUserRequest.SET_VRING_ADDR,
          false,
          NO_FDS,
          i,
          queue.descAddress(),
          queue.usedAddress(),
          queue.availAddress(),
          0);
      channel.send(VhostUserRequest.SET_VRING_KICK, false, new Fd[] {kicks[i].fd()}, i);
    }
    for (int i = 0; i < queues.length; i++) {
      channel.send(VhostUserRequest.SET_VRING_ENABLE, false, NO_FDS, pair(i, 1));
    }
    setStatus(STATUS_DRIVER_OK);
    started = true;
  }

  /** Shares one more region, also while rings run. */
  public void addMemory(FrontendMemory region) {
    memory.add(region);
    sendMemoryTable();
  }

  /** Sends the memory table, also while rings run, as virtio-user does when its heap grows. */
  public void sendMemoryTable() {
    Fd[] fds = new Fd[memory.size()];
    long[] table = new long[1 + 4 * fds.length];
    table[0] = fds.length;
    for (int i = 0; i < fds.length; i++) {
      FrontendMemory region = memory.get(i);
      fds[i] = region.fd();
      table[1 + 4 * i] = region.guestAddress();
      table[2 + 4 * i] = region.length();
      table[3 + 4 * i] = region.frontendAddress();
      table[4 + 4 * i] = 0;
    }
    order(VhostUserRequest.SET_MEM_TABLE, fds, table);
  }

  /** Stops all rings; afterwards the back-end uses neither them nor the buffers. */
  public void stop() {
    if (!started) {
      return;
    }
    started = false;
    for (int i = 0; i < queues.length; i++) {
      channel.send(VhostUserRequest.SET_VRING_ENABLE, false, NO_FDS, pair(i, 0));
    }
    for (int i = 0; i < queues.length; i++) {
      bases[i] = (int) (channel.ask(VhostUserRequest.GET_VRING_BASE, pair(i, 0)) >>> 32);
    }
  }

  private static long pair(int index, int number) {
    return index | (long) number << Integer.SIZE;
  }

  /** The features that both sides took. */
  public long features() {
    return features;
  }

  public boolean has(VirtioFeature feature) {
    return feature.in(features);
  }

  /** Rings: two per queue pair. */
  public int queueCount() {
    return queues.length;
  }

  /** A virtqueue, after {@link #negotiate}. */
  public DriverVirtqueue queue(int vring) {
    return queues[vring];
  }

  /** Where the back-end says that it stopped; 0 before the first stop. */
  public int base(int vring) {
    return bases[vring];
  }

  /** Tells the back-end that buffers are available. */
  public void kick(int vring) {
    kicks[vring].signal();
  }

  public EventFd kickFd(int vring) {
    return kicks[vring];
  }

  /** Signalled by the back-end for used buffers, unless suppressed. */
  public EventFd call(int vring) {
    return calls[vring];
  }

  public FrontendChannel channel() {
    return channel;
  }

  /** Ends the connection. Stop the rings first, or do not touch the memory for a while. */
  @Override
  public void close() {
    channel.close();
    for (int i = 0; i < queues.length; i++) {
      kicks[i].close();
      calls[i].close();
    }
  }
}
