// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import io.iovtee.vswitch.memory.GuestMemoryException;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.vhost.GuestPortBackend.RunningRing;
import io.iovtee.vswitch.virtio.VirtqueueException;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each request means: one method per request, named {@code on} and the request's name. Checks,
 * asks the data path, and only then answers. Session thread.
 *
 * <p>Whatever breaks a rule throws {@link VhostUserException}, {@link VirtqueueException} or {@link
 * GuestMemoryException}; the front-end gets a negative acknowledgement if it asked for one, and
 * then loses its connection. A request that we do not implement is answered, when an answer was
 * asked for, and otherwise ends the connection too: the front-end would wait for what never comes.
 */
final class VhostUserHandler {
  private static final long ACK = 0;
  private static final long NACK = 1;

  /** Device status bits (virtio 1.2, 2.1). */
  private static final int STATUS_DRIVER_OK = 0x04;

  private static final int STATUS_NEEDS_RESET = 0x40;
  private static final int STATUS_FAILED = 0x80;
  private static final int STATUS_MAX = 0xff;

  /** Where answers go. */
  @FunctionalInterface
  interface Replies {
    void reply(int request, long value);
  }

  private final GuestPortBackend backend;
  private final boolean mayShareMemory;
  private final Replies replies;
  private final FeatureNegotiation features;
  private final VringTable vrings;
  private int status;
  private @Nullable GuestMemory memory;

  /** What seems wrong with the guest's memory; empty while nothing does. */
  private String memoryHint = "";

  /** Tables that were replaced while a poll loop did not answer: still in use, for all we know. */
  private final List<GuestMemory> undead = new ArrayList<>();

  VhostUserHandler(GuestPortBackend backend, VhostUserPortOptions options, Replies replies) {
    this.backend = backend;
    this.mayShareMemory = options.mayShareMemory();
    this.replies = replies;
    this.features = new FeatureNegotiation(backend.queuePairsMax(), options.inOrder());
    this.vrings = new VringTable(backend, features);
  }

  /** Handles one message and closes the descriptors that nobody kept. */
  void handle(VhostUserMessage message) {
    try {
      message.checkFds();
      @Nullable VhostUserRequest request = message.request();
      if (request == null) {
        refuse(message);
      } else if (request.hasOwnReply()) {
        replies.reply(request.number(), answer(request, message));
      } else {
        apply(request, message);
        acknowledge(message, ACK);
      }
    } catch (VhostUserException | VirtqueueException | GuestMemoryException e) {
      if (message.request() == null || !message.request().hasOwnReply()) {
        acknowledge(message, NACK);
      }
      throw e;
    } finally {
      message.closeFds();
    }
  }

  /**
   * The flag alone decides, not whether REPLY_ACK was negotiated: a virtio-user server keeps what
   * it negotiated over a reconnect, and waits.
   */
  private void acknowledge(VhostUserMessage message, long value) {
    if (message.needsReply()) {
      replies.reply(message.number(), value);
    }
  }

  private void refuse(VhostUserMessage message) {
    if (!message.needsReply()) {
      throw new VhostUserException(
          "request is not implemented and was not offered: request=" + message.name());
    }
    acknowledge(message, NACK);
  }

  private long answer(VhostUserRequest request, VhostUserMessage message) {
    return switch (request) {
      case GET_FEATURES -> features.offered();
      case GET_PROTOCOL_FEATURES -> features.offerProtocol();
      case GET_QUEUE_NUM -> backend.queuePairsMax();
      case GET_VRING_BASE -> onGetVringBase(message);
      case GET_STATUS -> vrings.anyBroken() ? status | STATUS_NEEDS_RESET : status;
      default -> throw new IllegalStateException("request has no reply of its own: " + request);
    };
  }

  private void apply(VhostUserRequest request, VhostUserMessage message) {
    switch (request) {
      case SET_FEATURES -> onSetFeatures(message);
      case SET_PROTOCOL_FEATURES -> onSetProtocolFeatures(message);
      case SET_OWNER -> {
        // The connection itself says who owns the device.
      }
      case RESET_OWNER -> onResetOwner();
      case SET_MEM_TABLE -> onSetMemTable(message);
      case SET_VRING_NUM -> onSetVringNum(message);
      case SET_VRING_ADDR -> onSetVringAddr(message);
      case SET_VRING_BASE -> onSetVringBase(message);
      case SET_VRING_KICK -> onSetVringKick(message);
      case SET_VRING_CALL -> onSetVringCall(message);
      case SET_VRING_ERR -> onSetVringErr(message);
      case SET_VRING_ENABLE -> onSetVringEnable(message);
      case SET_STATUS -> onSetStatus(message);
      default -> throw new IllegalStateException("request without a handler: " + request);
    }
  }

  private void onSetFeatures(VhostUserMessage message) {
    features.accept(message.u64(0), vrings.anyStarted());
    vrings.startAll();
  }

  private void onSetProtocolFeatures(VhostUserMessage message) {
    features.acceptProtocol(message.u64(0), vrings.anyStarted());
    vrings.allowStart(driverIsReady());
  }

  /** Deprecated and understood differently by others; here: as if the front-end were new. */
  private void onResetOwner() {
    vrings.resetAll();
    features.reset();
    status = 0;
  }

  private void onSetMemTable(VhostUserMessage message) {
    List<RegionRequest> table = memoryTable(message);
    GuestMemory next =
        GuestMemory.map(
            backend.name(), table, backend.hostPool(), backend.memoryMax(), mayShareMemory);
    List<RunningRing> running;
    try {
      running = vrings.relocate(next);
    } catch (VirtqueueException e) {
      next.close();
      throw e;
    }
    @Nullable GuestMemory previous = memory;
    memory = next;
    if (previous != null) {
      undead.add(previous);
    }
    backend.memoryChanged(next, running);
    if (previous != null) {
      undead.remove(previous);
      previous.close();
    }
    memoryHint = UnsharedMemory.hint(next);
    vrings.memoryChanged(next, running);
    vrings.startAll();
  }

  private static List<RegionRequest> memoryTable(VhostUserMessage message) {
    long count = message.u32(0);
    long padding = message.u32(4);
    int rows =
        (message.size() - VhostUserRequest.Size.MEM_TABLE_HEADER)
            / VhostUserRequest.Size.MEM_REGION;
    if (count != rows || padding != 0) {
      throw new VhostUserException(
          ("memory table must have as many rows as it says, and no padding:"
                  + " count=%d, rows=%d, padding=%d")
              .formatted(count, rows, padding));
    }
    List<RegionRequest> table = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      int at = VhostUserRequest.Size.MEM_TABLE_HEADER + i * VhostUserRequest.Size.MEM_REGION;
      table.add(
          new RegionRequest(
              message.u64(at),
              message.u64(at + 8),
              message.u64(at + 16),
              message.u64(at + 24),
              message.fd(i).number()));
    }
    return table;
  }

  private void onSetVringNum(VhostUserMessage message) {
    Vring vring = vrings.at(message.u32(0));
    long size = message.u32(4);
    vrings.checkStopped(vring, "the ring size");
    if (size < 1 || size > VirtqueueSetup.SIZE_MAX || Long.bitCount(size) != 1) {
      throw new VhostUserException(
          "ring size must be a power of two <= %d: size=%d, vring=%d"
              .formatted(VirtqueueSetup.SIZE_MAX, size, vring.index));
    }
    vring.size = (int) size;
  }

  private void onSetVringAddr(VhostUserMessage message) {
    Vring vring = vrings.at(message.u32(0));
    vrings.checkStopped(vring, "the ring's addresses");
    long flags = message.u32(4);
    if (flags != 0) {
      throw new VhostUserException(
          "SET_VRING_ADDR must have no flags, logging was not offered: flags=0x%x, vring=%d"
              .formatted(flags, vring.index));
    }
    vrings.setAddresses(vring, message.u64(8), message.u64(24), message.u64(16));
    vrings.startAll();
  }

  private void onSetVringBase(VhostUserMessage message) {
    Vring vring = vrings.at(message.u32(0));
    long base = message.u32(4);
    vrings.checkStopped(vring, "the ring's base");
    if (base > 0xffff) {
      throw new VhostUserException(
          "ring base must be 0..65535: base=%d, vring=%d".formatted(base, vring.index));
    }
    vring.base = (int) base;
  }

  /** Stops the ring: the front-end may take its memory away after the reply. */
  private long onGetVringBase(VhostUserMessage message) {
    Vring vring = vrings.at(message.u32(0));
    vrings.stop(vring);
    vring.closeKick();
    vring.broken = "";
    return vring.index | (long) vring.base << Integer.SIZE;
  }

  private void onSetVringKick(VhostUserMessage message) {
    Vring vring = notifiedVring(message);
    vrings.setKick(vring, eventFd(message, "kick"));
  }

  private void onSetVringCall(VhostUserMessage message) {
    Vring vring = notifiedVring(message);
    vrings.setCall(vring, eventFd(message, "call"));
  }

  private void onSetVringErr(VhostUserMessage message) {
    Vring vring = notifiedVring(message);
    vrings.setError(vring, eventFd(message, "error"));
  }

  private Vring notifiedVring(VhostUserMessage message) {
    long payload = message.u64(0);
    long rest = payload & ~(VhostUserMessage.VRING_INDEX_MASK | VhostUserMessage.VRING_NO_FD);
    if (rest != 0) {
      throw new VhostUserException(
          "only bits 0-8 of the payload have a meaning: payload=0x%x, request=%s"
              .formatted(payload, message.name()));
    }
    return vrings.at(payload & VhostUserMessage.VRING_INDEX_MASK);
  }

  /** The message's descriptor, taken over and known not to block; null when it has none. */
  private static @Nullable EventFd eventFd(VhostUserMessage message, String what) {
    if (message.fdCount() == 0) {
      return null;
    }
    try {
      EventFd eventFd = EventFd.adopt(message.fd(0));
      message.takeFd(0);
      return eventFd;
    } catch (IllegalArgumentException e) {
      throw new VhostUserException(
          "the %s descriptor must be an eventfd, %s".formatted(what, e.getMessage()), e);
    }
  }

  private void onSetVringEnable(VhostUserMessage message) {
    Vring vring = vrings.at(message.u32(0));
    long enable = message.u32(4);
    if (enable > 1) {
      throw new VhostUserException(
          "SET_VRING_ENABLE must say 0 or 1: value=%d, vring=%d".formatted(enable, vring.index));
    }
    vrings.setEnabled(vring, enable == 1);
  }

  private void onSetStatus(VhostUserMessage message) {
    long next = message.u64(0);
    if (next < 0 || next > STATUS_MAX) {
      throw new VhostUserException("device status must be 0..255: status=0x%x".formatted(next));
    }
    status = (int) next;
    if (status == 0) {
      vrings.resetAll();
    }
    vrings.allowStart(driverIsReady());
  }

  /**
   * A device must not touch a ring before DRIVER_OK (virtio 1.2, 3.1.1); where the front-end does
   * not report the status, its rings' kicks say the same.
   */
  private boolean driverIsReady() {
    return !features.has(ProtocolFeature.STATUS)
        || (status & (STATUS_DRIVER_OK | STATUS_FAILED)) == STATUS_DRIVER_OK;
  }

  void ringBroken(int vring, String reason) {
    vrings.broken(vring, reason);
  }

  /**
   * Releases everything that came over the connection.
   *
   * @param unused false when a poll loop may still use the memory and the event descriptors: then
   *     they are leaked, an access to unmapped memory would end the process
   */
  void release(boolean unused) {
    if (!unused) {
      return;
    }
    vrings.closeFds();
    undead.forEach(GuestMemory::close);
    undead.clear();
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }

  long features() {
    return features.acked();
  }

  long protocolFeatures() {
    return features.protocolAcked();
  }

  int status() {
    return status;
  }

  String memoryHint() {
    return memoryHint;
  }

  List<MemoryRegion> regions() {
    return memory == null ? List.of() : memory.regions();
  }

  List<SessionInfo.VringInfo> vringInfo() {
    return vrings.info();
  }

  int vringCount() {
    return vrings.count();
  }
}
