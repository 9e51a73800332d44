// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import org.jspecify.annotations.Nullable;

/**
 * The requests of a vhost-user front-end, with the protocol's names and numbers.
 *
 * <p>Each row says what a well-formed message looks like, so that syntax is checked in one place,
 * before anything is allocated for it: the payload's size, how many file descriptors come with it,
 * and whether it has a reply of its own. Requests of features that we do not offer have no row.
 *
 * @see <a href="https://qemu-project.gitlab.io/qemu/interop/vhost-user.html">vhost-user protocol,
 *     "Front-end message types"</a>
 */
public enum VhostUserRequest {
  GET_FEATURES(1, 0, Fds.NONE, Reply.OWN),
  SET_FEATURES(2, Long.BYTES, Fds.NONE, Reply.ACK),
  SET_OWNER(3, 0, Fds.NONE, Reply.ACK),
  RESET_OWNER(4, 0, Fds.NONE, Reply.ACK),
  SET_MEM_TABLE(5, Size.MEM_TABLE, Fds.PER_REGION, Reply.ACK),
  SET_VRING_NUM(8, Size.VRING_STATE, Fds.NONE, Reply.ACK),
  SET_VRING_ADDR(9, Size.VRING_ADDR, Fds.NONE, Reply.ACK),
  SET_VRING_BASE(10, Size.VRING_STATE, Fds.NONE, Reply.ACK),
  GET_VRING_BASE(11, Size.VRING_STATE, Fds.NONE, Reply.OWN),
  SET_VRING_KICK(12, Long.BYTES, Fds.ONE_UNLESS_FLAGGED, Reply.ACK),
  SET_VRING_CALL(13, Long.BYTES, Fds.ONE_UNLESS_FLAGGED, Reply.ACK),
  SET_VRING_ERR(14, Long.BYTES, Fds.ONE_UNLESS_FLAGGED, Reply.ACK),
  GET_PROTOCOL_FEATURES(15, 0, Fds.NONE, Reply.OWN),
  SET_PROTOCOL_FEATURES(16, Long.BYTES, Fds.NONE, Reply.ACK),
  GET_QUEUE_NUM(17, 0, Fds.NONE, Reply.OWN),
  SET_VRING_ENABLE(18, Size.VRING_STATE, Fds.NONE, Reply.ACK),
  SET_STATUS(39, Long.BYTES, Fds.NONE, Reply.ACK),
  GET_STATUS(40, 0, Fds.NONE, Reply.OWN);

  /** Payload sizes in bytes that are not a single 64-bit number. */
  static final class Size {
    /** Index and number, 32 bits each. */
    static final int VRING_STATE = 8;

    /** Index, flags, and four addresses. */
    static final int VRING_ADDR = 40;

    /** Count and padding before the rows of a memory table. */
    static final int MEM_TABLE_HEADER = 8;

    /** One row of a memory table: guest address, size, front-end address, mmap offset. */
    static final int MEM_REGION = 32;

    /** Marks the one variable payload: a header and 1 to 8 rows. */
    static final int MEM_TABLE = -1;

    private Size() {}
  }

  /** File descriptors that come with a request. */
  enum Fds {
    NONE,
    /** Exactly one, or none when bit 8 of the payload says so. */
    ONE_UNLESS_FLAGGED,
    /** One per row of the memory table. */
    PER_REGION
  }

  /** What the front-end hears. */
  enum Reply {
    /** Always its own reply. */
    OWN,
    /** An acknowledgement, if it asked for one and REPLY_ACK was negotiated. */
    ACK
  }

  private static final VhostUserRequest[] BY_NUMBER = byNumber();

  private final int number;
  private final int payloadSize;
  private final Fds fds;
  private final Reply reply;

  VhostUserRequest(int number, int payloadSize, Fds fds, Reply reply) {
    this.number = number;
    this.payloadSize = payloadSize;
    this.fds = fds;
    this.reply = reply;
  }

  private static VhostUserRequest[] byNumber() {
    VhostUserRequest[] table = new VhostUserRequest[GET_STATUS.number + 1];
    for (VhostUserRequest request : values()) {
      table[request.number] = request;
    }
    return table;
  }

  /**
   * The request with this number, or null when we do not implement it.
   *
   * @param number as it stands in the message, all 32 bits
   */
  public static @Nullable VhostUserRequest of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }

  /** Whether a payload of this many bytes can be well formed. */
  public boolean acceptsSize(int size) {
    if (payloadSize != Size.MEM_TABLE) {
      return size == payloadSize;
    }
    int rows = size - Size.MEM_TABLE_HEADER;
    return rows > 0
        && rows % Size.MEM_REGION == 0
        && rows / Size.MEM_REGION <= VhostUserMessage.REGION_COUNT_MAX;
  }

  /** The rule of {@link #acceptsSize} in words, for messages to people. */
  String expectedSize() {
    return payloadSize == Size.MEM_TABLE ? "8 + 32 * (1..8)" : Integer.toString(payloadSize);
  }

  Fds fds() {
    return fds;
  }

  /** Whether the request has a reply of its own, so that it is never acknowledged besides. */
  public boolean hasOwnReply() {
    return reply == Reply.OWN;
  }
}
