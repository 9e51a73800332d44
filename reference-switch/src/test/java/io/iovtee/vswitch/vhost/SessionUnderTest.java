// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.helpers.NOPLogger;

/**
 * A session on the test's own thread, with the front-end's end of its socket and a clock that moves
 * only when told. {@link #serve} handles what was sent; nothing runs beside the test.
 */
final class SessionUnderTest implements AutoCloseable {
  static final Fd[] NO_FDS = {};
  static final int RING_SIZE = 256;
  static final long FEATURES =
      VirtioFeature.VERSION_1.mask()
          | VirtioFeature.MRG_RXBUF.mask()
          | VirtioFeature.PROTOCOL_FEATURES.mask();

  /** Big enough for four rings of 256 and some buffers. */
  static final long MEMORY_LENGTH = 64 << 10;

  final AtomicLong clockNs = new AtomicLong(1_000_000_000);
  final FakeGuestPort backend;
  final FrontendChannel channel;
  final VhostUserSession session;
  boolean ended;
  String reason = "";

  SessionUnderTest() {
    this(new FakeGuestPort("nf1", 2));
  }

  SessionUnderTest(FakeGuestPort backend) {
    this(backend, VhostUserPortOptions.server(Path.of("test.sock")));
  }

  SessionUnderTest(FakeGuestPort backend, VhostUserPortOptions options) {
    UnixSocket[] pair = UnixSocket.pair();
    this.backend = backend;
    this.channel = new FrontendChannel(pair[0]);
    VhostUserConnection connection =
        new VhostUserConnection(pair[1], options.limits(), clockNs::get);
    LogLimiter log = new LogLimiter(NOPLogger.NOP_LOGGER, backend.name(), 0);
    this.session = new VhostUserSession(connection, backend, options, log, () -> {}, clockNs::get);
  }

  /** Lets the session handle what was sent; true while the connection lives. */
  boolean serve() {
    if (!ended && !session.serve()) {
      ended = true;
      reason = session.end("the test ended");
    }
    return !ended;
  }

  void advanceMs(long ms) {
    clockNs.addAndGet(ms * 1_000_000);
  }

  /** Sends one request and lets it be handled. */
  boolean send(VhostUserRequest request, long... payload) {
    return send(request, NO_FDS, payload);
  }

  boolean send(VhostUserRequest request, Fd[] fds, long... payload) {
    channel.send(request, false, fds, payload);
    return serve();
  }

  long ask(VhostUserRequest request, long... payload) {
    send(request, payload);
    return channel.receive(request);
  }

  /** As the front-ends do before they share memory. */
  void negotiate() {
    send(VhostUserRequest.SET_OWNER);
    ask(VhostUserRequest.GET_FEATURES);
    ask(VhostUserRequest.GET_PROTOCOL_FEATURES);
    send(VhostUserRequest.SET_PROTOCOL_FEATURES, ProtocolFeature.OFFERED);
    send(VhostUserRequest.SET_FEATURES, FEATURES);
  }

  boolean shareMemory(FrontendMemory memory) {
    return send(VhostUserRequest.SET_MEM_TABLE, new Fd[] {memory.fd()}, table(memory));
  }

  static long[] table(FrontendMemory memory) {
    return new long[] {1, memory.guestAddress(), memory.length(), memory.frontendAddress(), 0};
  }

  /** Sets a ring up in its own 16 KiB of the memory and gives it a kick; starts on DRIVER_OK. */
  boolean setUpRing(FrontendMemory memory, int vring) {
    long at = ringAddress(memory, vring);
    send(VhostUserRequest.SET_VRING_NUM, pair(vring, RING_SIZE));
    send(VhostUserRequest.SET_VRING_BASE, pair(vring, 0));
    send(VhostUserRequest.SET_VRING_ADDR, vring, at, at + 0x2000, at + 0x1000, 0);
    try (EventFd kick = EventFd.create()) {
      return send(VhostUserRequest.SET_VRING_KICK, new Fd[] {kick.fd()}, vring);
    }
  }

  static long ringAddress(FrontendMemory memory, int vring) {
    return memory.frontendAddress() + 0x4000L * vring;
  }

  /** Up to two running rings. */
  void run(FrontendMemory memory) {
    negotiate();
    shareMemory(memory);
    setUpRing(memory, 0);
    setUpRing(memory, 1);
    send(VhostUserRequest.SET_VRING_ENABLE, pair(0, 1));
    send(VhostUserRequest.SET_VRING_ENABLE, pair(1, 1));
    send(VhostUserRequest.SET_STATUS, 0x0f);
  }

  static long pair(long index, long number) {
    return index | number << Integer.SIZE;
  }

  @Override
  public void close() {
    finish();
  }

  /** Ends the session, if it has not ended. */
  void finish() {
    channel.close();
    if (!ended) {
      ended = true;
      reason = session.end("the test ended");
    }
  }
}
