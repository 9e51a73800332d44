// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.vhost.VhostUserRequest.Fds;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request of a front-end: header, payload and file descriptors, all of it already here.
 *
 * <pre>
 *   0        4        8        12
 *   +--------+--------+--------+----------------
 *   |request | flags  | size   | payload …        little-endian, 32 bits each
 *   +--------+--------+--------+----------------
 *              bits 0-1 version (1), 2 reply, 3 need reply, others 0
 * </pre>
 *
 * <p>{@link #checkHeader} is the whole syntax of a header and runs before anything is allocated;
 * {@link #checkFds} relates the descriptors to the payload. Meaning is the session's affair.
 *
 * <p>The descriptors belong to the message until {@link #takeFd} hands one over; {@link #closeFds}
 * closes whatever is left, on every path.
 */
public final class VhostUserMessage {
  /** Bytes of a header. */
  public static final int HEADER_LENGTH = 12;

  /**
   * Longest payload that is read, bytes. The longest of our requests has 264; the rest is room to
   * read past a request that we do not implement and answer it with an error.
   */
  public static final int PAYLOAD_LENGTH_MAX = 4096;

  /** Regions in a memory table (protocol: VHOST_USER_MAX_RAM_SLOTS without CONFIGURE_MEM_SLOTS). */
  public static final int REGION_COUNT_MAX = 8;

  /** Descriptors that are kept for one message: one per region. More end the connection. */
  public static final int FD_COUNT_MAX = REGION_COUNT_MAX;

  static final int FLAG_VERSION_MASK = 0x3;
  static final int FLAG_VERSION = 0x1;
  static final int FLAG_REPLY = 0x4;
  static final int FLAG_NEED_REPLY = 0x8;

  /** Bits 0-7 of the payload of SET_VRING_KICK, _CALL and _ERR: which ring. */
  static final long VRING_INDEX_MASK = 0xff;

  /** Bit 8 of that payload: no descriptor comes with it. */
  static final long VRING_NO_FD = 0x100;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN)
          .withInvokeExactBehavior();
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
          .withInvokeExactBehavior();

  private final int number;
  private final int flags;
  private final byte[] payload;
  private final Fd[] fds;
  private final boolean[] taken;

  VhostUserMessage(int number, int flags, byte[] payload, List<Fd> fds) {
    this.number = number;
    this.flags = flags;
    this.payload = payload;
    this.fds = fds.toArray(new Fd[0]);
    this.taken = new boolean[this.fds.length];
  }

  /**
   * Checks the three words of a header; throws with the rule that is broken. A request that we do
   * not implement passes if its payload can be read past.
   */
  static void checkHeader(int number, int flags, int size) {
    if ((flags & FLAG_VERSION_MASK) != FLAG_VERSION
        || (flags & ~(FLAG_VERSION_MASK | FLAG_REPLY | FLAG_NEED_REPLY)) != 0) {
      throw new VhostUserException(
          "message flags must be version 1 and need-reply only: flags=0x%x, request=%s"
              .formatted(flags, nameOf(number)));
    }
    if ((flags & FLAG_REPLY) != 0) {
      throw new VhostUserException(
          "a front-end must not set the reply flag: flags=0x%x, request=%s"
              .formatted(flags, nameOf(number)));
    }
    @Nullable VhostUserRequest request = VhostUserRequest.of(number);
    if (request == null) {
      if (size < 0 || size > PAYLOAD_LENGTH_MAX) {
        throw new VhostUserException(
            "payload must have at most %d bytes: size=%d, request=%s"
                .formatted(PAYLOAD_LENGTH_MAX, Integer.toUnsignedLong(size), nameOf(number)));
      }
    } else if (!request.acceptsSize(size)) {
      throw new VhostUserException(
          "payload must have %s bytes: size=%d, request=%s"
              .formatted(request.expectedSize(), Integer.toUnsignedLong(size), request));
    }
  }

  /** Checks that exactly the descriptors came that the request and its payload announce. */
  void checkFds() {
    @Nullable VhostUserRequest request = request();
    int expected = request == null ? fds.length : expectedFds(request);
    if (fds.length != expected) {
      throw new VhostUserException(
          "message must come with %d file descriptors: count=%d, request=%s"
              .formatted(expected, fds.length, request));
    }
  }

  private int expectedFds(VhostUserRequest request) {
    Fds rule = request.fds();
    return switch (rule) {
      case NONE -> 0;
      case ONE_UNLESS_FLAGGED -> (u64(0) & VRING_NO_FD) != 0 ? 0 : 1;
      case PER_REGION ->
          (payload.length - VhostUserRequest.Size.MEM_TABLE_HEADER)
              / VhostUserRequest.Size.MEM_REGION;
    };
  }

  /** The request, or null when we do not implement it. */
  public @Nullable VhostUserRequest request() {
    return VhostUserRequest.of(number);
  }

  /** The request's number on the wire. */
  public int number() {
    return number;
  }

  /** The name, or the number of a request without one. */
  public String name() {
    return nameOf(number);
  }

  private static String nameOf(int number) {
    @Nullable VhostUserRequest request = VhostUserRequest.of(number);
    return request == null ? Integer.toUnsignedString(number) : request.name();
  }

  /** Whether the front-end asks for an acknowledgement. */
  public boolean needsReply() {
    return (flags & FLAG_NEED_REPLY) != 0;
  }

  /** Bytes of the payload. */
  public int size() {
    return payload.length;
  }

  /** The 32 bits at a byte offset of the payload, unsigned. */
  public long u32(int offset) {
    return Integer.toUnsignedLong((int) INT.get(payload, offset));
  }

  /** The 64 bits at a byte offset of the payload. */
  public long u64(int offset) {
    return (long) LONG.get(payload, offset);
  }

  /** Descriptors that came with the message. */
  public int fdCount() {
    return fds.length;
  }

  /** A descriptor; it stays with the message. */
  public Fd fd(int index) {
    return fds[index];
  }

  /** Hands a descriptor over to the caller, who closes it from now on. */
  public Fd takeFd(int index) {
    taken[index] = true;
    return fds[index];
  }

  /** Closes all descriptors that nobody took. */
  void closeFds() {
    for (int i = 0; i < fds.length; i++) {
      if (!taken[i]) {
        fds[i].close();
      }
    }
  }

  @Override
  public String toString() {
    return name() + " size=" + payload.length + " flags=0x" + Integer.toHexString(flags);
  }
}
