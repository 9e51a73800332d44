// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.FdMessages;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes messages out of what a socket delivers, and sends replies. Never blocks: {@link #receive}
 * takes what is there and remembers the rest, {@link #reply} queues what the socket does not take.
 *
 * <p>A message must be complete, and a reply read, within a time; the number of waiting replies and
 * of descriptors per message is bounded ({@link VhostUserLimits}, {@link
 * VhostUserMessage#FD_COUNT_MAX}). Descriptors of an unfinished message are closed with the
 * connection.
 *
 * <p>One thread.
 */
public final class VhostUserConnection implements AutoCloseable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final UnixSocket socket;
  private final FdMessages messages;
  private final LongSupplier clockNs;
  private final VhostUserLimits limits;
  private final long timeoutNs;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment buffer =
      arena.allocate(VhostUserMessage.HEADER_LENGTH + VhostUserMessage.PAYLOAD_LENGTH_MAX, 8);
  private final MemorySegment replyBuffer = arena.allocate(VhostUserMessage.HEADER_LENGTH + 8, 8);

  /** Bytes of the message being assembled that are here, and how many it has. */
  private int filled;

  private int wanted = VhostUserMessage.HEADER_LENGTH;
  private long messageStartNs;
  private final List<Fd> fds = new ArrayList<>();
  private final Deque<byte[]> replies = new ArrayDeque<>();
  private int firstReplySent;
  private long repliesSinceNs;
  private boolean ended;

  /**
   * @param socket connected; closed with this object
   * @param clockNs monotonic time, as {@link System#nanoTime}
   */
  public VhostUserConnection(UnixSocket socket, VhostUserLimits limits, LongSupplier clockNs) {
    this.socket = socket;
    this.messages = new FdMessages(socket);
    this.limits = limits;
    this.timeoutNs = TimeUnit.MILLISECONDS.toNanos(limits.messageTimeoutMs());
    this.clockNs = clockNs;
  }

  /**
   * The next message, if it is complete. Its descriptors belong to the caller.
   *
   * @return null when there is nothing more to read now; see {@link #ended}
   * @throws VhostUserException when the bytes break the message syntax; close the connection then
   */
  public @Nullable VhostUserMessage receive() {
    while (!ended) {
      if (filled == wanted) {
        if (wanted == VhostUserMessage.HEADER_LENGTH && payloadLength() > 0) {
          wanted += payloadLength();
          continue;
        }
        return takeMessage();
      }
      if (!readMore()) {
        return null;
      }
      if (filled == VhostUserMessage.HEADER_LENGTH) {
        VhostUserMessage.checkHeader(word(0), word(4), word(8));
      }
    }
    return null;
  }

  private int payloadLength() {
    return word(8);
  }

  private int word(int offset) {
    return buffer.get(INT, offset);
  }

  /** Reads at most up to the end of the header or of the payload; false when nothing came. */
  private boolean readMore() {
    FdMessages.Received received =
        messages.receive(buffer.asSlice(filled, (long) wanted - filled), false);
    if (received.nothing()) {
      return false;
    }
    fds.addAll(received.fds());
    if (received.truncated()) {
      throw new VhostUserException(
          "file descriptors were lost: more than the kernel passes at once, or this process has no"
              + " free numbers (raise LimitNOFILE): received="
              + fds.size());
    }
    if (fds.size() > VhostUserMessage.FD_COUNT_MAX) {
      throw new VhostUserException(
          "too many file descriptors with one message: count=%d, max=%d"
              .formatted(fds.size(), VhostUserMessage.FD_COUNT_MAX));
    }
    if (received.end()) {
      ended = true;
      return false;
    }
    if (filled == 0) {
      messageStartNs = clockNs.getAsLong();
    }
    filled += received.length();
    return true;
  }

  private VhostUserMessage takeMessage() {
    byte[] payload =
        buffer
            .asSlice(VhostUserMessage.HEADER_LENGTH, (long) wanted - VhostUserMessage.HEADER_LENGTH)
            .toArray(ValueLayout.JAVA_BYTE);
    VhostUserMessage message = new VhostUserMessage(word(0), word(4), payload, fds);
    fds.clear();
    filled = 0;
    wanted = VhostUserMessage.HEADER_LENGTH;
    return message;
  }

  /** Whether the peer has closed; in the middle of a message or between two. */
  public boolean ended() {
    return ended;
  }

  /** Whether the peer has closed in the middle of a message. */
  public boolean endedInMessage() {
    return ended && filled > 0;
  }

  /** Queues the reply to a request, with a 64-bit payload, and sends what the socket takes. */
  public void reply(int request, long value) {
    if (replies.size() >= limits.repliesMax()) {
      throw new VhostUserException(
          "front-end does not read its replies: waiting="
              + replies.size()
              + ", max="
              + limits.repliesMax());
    }
    MemorySegment bytes = replyBuffer;
    bytes.set(INT, 0, request);
    bytes.set(INT, 4, VhostUserMessage.FLAG_VERSION | VhostUserMessage.FLAG_REPLY);
    bytes.set(INT, 8, Long.BYTES);
    bytes.set(INT, 12, (int) value);
    bytes.set(INT, 16, (int) (value >>> 32));
    if (replies.isEmpty()) {
      repliesSinceNs = clockNs.getAsLong();
    }
    replies.add(bytes.toArray(ValueLayout.JAVA_BYTE));
    flush();
  }

  /** Sends waiting replies, as far as the socket takes them. */
  public void flush() {
    while (!ended && !replies.isEmpty()) {
      byte[] first = replies.element();
      int rest = first.length - firstReplySent;
      MemorySegment.copy(first, firstReplySent, replyBuffer, ValueLayout.JAVA_BYTE, 0, rest);
      int sent = send(replyBuffer.asSlice(0, rest));
      if (sent == 0) {
        return;
      }
      firstReplySent += sent;
      if (firstReplySent == first.length) {
        replies.remove();
        firstReplySent = 0;
        repliesSinceNs = clockNs.getAsLong();
      }
    }
  }

  /** A peer that is gone is an end of the connection, as for reading. */
  private int send(MemorySegment bytes) {
    try {
      return messages.send(bytes, false);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET) {
        ended = true;
        return 0;
      }
      throw e;
    }
  }

  /** What to poll the socket for: {@link Poll#IN}, and {@link Poll#OUT} while replies wait. */
  public int pollEvents() {
    return replies.isEmpty() ? Poll.IN : Poll.IN | Poll.OUT;
  }

  /**
   * Nanoseconds until {@link #checkDeadlines} would complain; Long.MAX_VALUE when it never will.
   */
  public long remainingNs() {
    long now = clockNs.getAsLong();
    long remaining = Long.MAX_VALUE;
    if (filled > 0) {
      remaining = timeoutNs - (now - messageStartNs);
    }
    if (!replies.isEmpty()) {
      remaining = Math.min(remaining, timeoutNs - (now - repliesSinceNs));
    }
    return Math.max(0, remaining);
  }

  /** Throws when a message is overdue, or a reply has waited too long. */
  public void checkDeadlines() {
    long now = clockNs.getAsLong();
    if (filled > 0 && now - messageStartNs >= timeoutNs) {
      throw new VhostUserException(
          "message is not complete after %d ms: bytes=%d, wanted=%d"
              .formatted(limits.messageTimeoutMs(), filled, wanted));
    }
    if (!replies.isEmpty() && now - repliesSinceNs >= timeoutNs) {
      throw new VhostUserException(
          "front-end has not read its replies for %d ms: waiting=%d"
              .formatted(limits.messageTimeoutMs(), replies.size()));
    }
  }

  public UnixSocket socket() {
    return socket;
  }

  /** Closes the socket, and the descriptors of a message that never became complete. */
  @Override
  public void close() {
    fds.forEach(Fd::close);
    fds.clear();
    socket.close();
  }
}
